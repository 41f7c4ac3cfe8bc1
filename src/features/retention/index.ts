export type { StoredRun } from '../../stores/metadata/index.ts'
export { DEFAULT_FUSE_PERCENT, MOST_RULES } from './check-policy.ts'
export { deletingRules } from './deleting-rules.ts'
export { enforcePolicy, relaxPolicy } from './enforcement.ts'
export type { RetentionEngine } from './engine/retention-engine.ts'
export { createRunRetention } from './engine/run-retention.ts'
export {
  type ImportedPolicy,
  type ImportPlace,
  type ImportRemark,
  importPolicy,
  POLICY_FORMATS,
  type PolicyFormat,
} from './import/index.ts'
export { importInto, type PolicyImport } from './import-into.ts'
export {
  findPolicy,
  type PolicyView,
  removePolicy,
  setPolicy,
} from './policies.ts'
export type { Age, Conditions, NewestCount, RetentionPolicy, RetentionRule, Selection } from './policy.ts'
export { type Preview, previewPolicy } from './preview.ts'
export { PreviewTurns } from './preview-turns.ts'
export { PULL_MEMORY_LIMITS, type PullMemory, type RememberedPull, rememberPulls } from './remember-pulls.ts'
export type { RetentionAdministration } from './retention.ts'
export type { RetentionItem, RetentionReport, RetentionTask, RunRetention } from './run-port.ts'
export { MOST_LISTED, type RunCounts } from './run-report.ts'
export { askForRun, findRun, listRunItems, listRuns, stopRun } from './runs.ts'
export { type RetentionWork, type RunFact, workOnRuns } from './work-on-runs.ts'
