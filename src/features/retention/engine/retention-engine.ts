import type { Clock } from '../../../platform/clock/index.ts'
import type { RetentionFacts, RetentionRemoval } from '../../../stores/metadata/index.ts'

/** What runs of retention work with. */
export interface RetentionEngine {
  readonly facts: RetentionFacts
  readonly removal: RetentionRemoval
  readonly clock: Clock
  /** How long what a rule deletes can be restored, unless the project says otherwise; 0: not at all. */
  readonly trashMs: number
}
