export { importPolicy, POLICY_FORMATS, type PolicyFormat } from './import-policy.ts'
export type { ImportedPolicy, ImportPlace, ImportRemark } from './imported-policy.ts'
