import { onBothEngines } from '../../../test/support/both-engines.ts'
import { sourcesContract } from './sources.contract.ts'

onBothEngines(sourcesContract)
