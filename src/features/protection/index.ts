export type {
  Change,
  ImmutabilityRule,
  Lock,
  LockKind,
  ProtectionFacts,
  Refusal,
  TagPattern,
} from '../../stores/metadata/index.ts'
export { type Hold, holdsOn, judgeChange } from './judge.ts'
export { refusalError } from './refusal-error.ts'
export { parseTagPattern, tagMatcher, tagPatternFault, tagPatternText, versionOfTag } from './tag-patterns.ts'
