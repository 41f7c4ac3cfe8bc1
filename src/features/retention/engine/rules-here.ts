import { matchesGlob } from '../../../oci/index.ts'
import { tagMatcher } from '../../protection/index.ts'
import type { RetentionPolicy, RetentionRule, Selection } from '../policy.ts'

/** A rule as it applies to one repository. */
export interface RuleHere {
  /** Its place in the policy. */
  readonly index: number
  readonly rule: RetentionRule
  /** As far as the tag alone says. */
  readonly selectsTag: (tag: string) => boolean
  readonly selectsUntagged: boolean
  readonly selectsDigest: (digest: string) => boolean
  /** For each of these some tag of the image must pass. */
  readonly imageHasTags: readonly ((tag: string) => boolean)[]
}

/** What has to be read beside tags. */
export interface Needs {
  readonly pulls: boolean
  readonly versions: boolean
  readonly manifests: boolean
  readonly details: boolean
  readonly labels: boolean
  readonly signatures: boolean
  readonly findings: boolean
}

/**
 * Those rules of the policy that are about the repository, made ready for many tags.
 * @throws Error of a pattern that is none (protection's tagPatternFault says it before).
 */
export function rulesFor(policy: RetentionPolicy): (repository: string) => readonly RuleHere[] {
  const prepared = policy.rules.map((rule, index) => prepare(rule, index))
  return repository =>
    prepared.filter(({ rule: { select } }) => {
      const isNamed = (globs: readonly string[]) => globs.some(glob => matchesGlob(glob, repository))
      if (select.repositories && !isNamed(select.repositories)) return false
      return !select.exceptRepositories || !isNamed(select.exceptRepositories)
    })
}

function prepare(rule: RetentionRule, index: number): RuleHere {
  const { state, tags, exceptTags, imageHasTags = [], imageHasTagsExcept, digests } = rule.select
  const [isIn, isOut] = [tags && tagMatcher(tags), exceptTags && tagMatcher(exceptTags)]
  const isExcepted = imageHasTagsExcept && tagMatcher(imageHasTagsExcept)
  const ofImage = [
    ...imageHasTags.map(pattern => tagMatcher([pattern])),
    ...(isExcepted ? [(tag: string) => !isExcepted(tag)] : []),
  ]
  return {
    index,
    rule,
    selectsTag: tag => state !== 'untagged' && (!isIn || isIn(tag)) && !isOut?.(tag),
    selectsUntagged: state !== 'tagged' && !tags && ofImage.length === 0,
    selectsDigest: digest => !digests || digests.some(glob => matchesGlob(glob, digest)),
    imageHasTags: ofImage,
  }
}

export function needsOf(rules: readonly RuleHere[]): Needs {
  const selects = (...names: (keyof Selection)[]) =>
    rules.some(({ rule }) => names.some(name => rule.select[name] !== undefined))
  const conditions = rules.map(({ rule }) => rule.when)
  const counts = conditions.flatMap(({ newest, beyondNewest }) => [newest?.by, beyondNewest?.by])
  return {
    pulls: counts.includes('pull') || conditions.some(({ pulled }) => pulled !== undefined),
    versions: counts.includes('version') || conditions.some(({ newestMinorLines }) => newestMinorLines !== undefined),
    manifests: selects('artifactTypes', 'annotations'),
    details: selects('platforms', 'labels'),
    labels: selects('labels'),
    signatures: selects('isSigned'),
    findings: selects('hasCriticalFindings'),
  }
}
