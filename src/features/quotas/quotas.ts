import type { Clock } from '../../platform/clock/index.ts'
import type { UsageTables } from '../../stores/metadata/index.ts'

/** What the use cases of this room work with. */
export interface Quotas {
  readonly usage: UsageTables
  readonly clock: Clock
}
