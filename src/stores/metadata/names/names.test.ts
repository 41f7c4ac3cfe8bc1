import { onBothEngines } from '../../../../test/support/both-engines.ts'
import { namesContract } from './names.contract.ts'

onBothEngines(namesContract)
