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
