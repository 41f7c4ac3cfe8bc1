import type { Clock } from '../../platform/clock/index.ts'
import type { RetentionPolicies, RetentionRuns } from '../../stores/metadata/index.ts'
import type { PreviewTurns } from './preview-turns.ts'
import type { RunRetention } from './run-port.ts'

/** What the use cases of retention stand on. */
export interface RetentionAdministration {
  readonly policies: RetentionPolicies
  readonly runs: RetentionRuns
  readonly run: RunRetention
  readonly turns: PreviewTurns
  readonly clock: Clock
  /** A preview ended early, of which its client was told no more than that. */
  readonly brokeOff: (error: unknown) => void
}
