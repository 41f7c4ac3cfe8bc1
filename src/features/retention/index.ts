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
export type {
  Age,
  Conditions,
  NewestCount,
  RetentionPolicy,
  RetentionRule,
  Selection,
} from './policy.ts'
export type { RetentionItem, RetentionReport, RetentionTask, RunRetention } from './run-port.ts'
