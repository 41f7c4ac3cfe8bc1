export {
  parseTagPattern,
  type TagPattern,
  tagMatcher,
  tagPatternFault,
  tagPatternText,
  versionOfTag,
} from './tag-patterns.ts'
