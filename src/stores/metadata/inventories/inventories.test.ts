import { onBothEngines } from '../../../../test/support/both-engines.ts'
import { inventoriesContract } from './inventories.contract.ts'

onBothEngines(inventoriesContract)
