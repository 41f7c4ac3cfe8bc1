import { onBothEngines } from '../../../../test/support/both-engines.ts'
import { lastPullsContract } from './last-pulls.contract.ts'

onBothEngines(lastPullsContract)
