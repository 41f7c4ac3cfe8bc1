export type {
  Age,
  Conditions,
  NewestCount,
  RetentionPolicy,
  RetentionRule,
  Selection,
  TagPattern,
} from './policy.ts'
