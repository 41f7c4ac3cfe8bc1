export type {
  Change,
  ImmutabilityRule,
  Lock,
  LockKind,
  LockOfRepository,
  ProtectionFacts,
  Refusal,
  StoredImmutabilityRule,
  TagPattern,
} from '../../stores/metadata/index.ts'
export type { RuleInput } from './check-rule.ts'
export { listImmutabilityRules, putImmutabilityRule, removeImmutabilityRule } from './immutability-rules.ts'
export { type Hold, holdsOn, isAbout, judgeChange } from './judge.ts'
export { addLock, type LockInput, listLocks, placeOfLock, removeLock } from './locks.ts'
export { type HeldTag, type Preview, type PreviewInput, previewImmutability } from './preview.ts'
export type { DeletingRule, Protection } from './protection.ts'
export { refusalError } from './refusal-error.ts'
export { parseTagPattern, tagMatcher, tagPatternFault, tagPatternText, versionOfTag } from './tag-patterns.ts'
