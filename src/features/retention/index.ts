export type {
  Age,
  Conditions,
  NewestCount,
  RetentionPolicy,
  RetentionRule,
  Selection,
} from './policy.ts'
