import type { TagPattern } from '../../protection/index.ts'
import type { Selection } from '../policy.ts'
import { isAll, repositoryGlobs, tagPattern } from './doublestar.ts'
import type { HarborRepositorySelector, HarborTagSelector } from './harbor-document.ts'
import type { ImportPlace } from './imported-policy.ts'

/** Undefined parts could not be said here. */
export interface HarborScope {
  /** No less than the selectors select: for what is kept. */
  readonly atLeast: Selection
  /** No more: for what is deleted. */
  readonly atMost: Selection | undefined
}

/** Harbor's names are without the project's. Selectors are ANDed. */
export function scopeOf(selectors: readonly HarborRepositorySelector[], { project }: ImportPlace): HarborScope {
  const globsOf = ({ pattern }: HarborRepositorySelector) =>
    isAll(pattern) ? ['**'] : repositoryGlobs(pattern)?.map(glob => `${project}/${glob}`)
  const matches = selectors.filter(({ decoration, pattern }) => decoration === 'repoMatches' && !isAll(pattern))
  const excludes = selectors.filter(({ decoration }) => decoration === 'repoExcludes').map(globsOf)
  const [wanted] = matches
  const globs = wanted && globsOf(wanted)
  if (matches.length > 1 || (wanted && !globs) || excludes.includes(undefined))
    return { atLeast: {}, atMost: undefined }
  const without = excludes.flatMap(globs => globs ?? [])
  const select: Selection = {
    ...(globs ? { repositories: globs } : {}),
    ...(without.length > 0 ? { exceptRepositories: without } : {}),
  }
  return { atLeast: select, atMost: select }
}

export interface HarborTags {
  /** Together they select what the selectors select, or more when not exact. */
  readonly selections: readonly Selection[]
  readonly isExact: boolean
}

/**
 * An image is selected when some tag of it matches, or some tag of it does not match what is excluded; one without tags
 * as the selector's extras say. Selectors are ANDed.
 */
export function tagsOf(selectors: readonly HarborTagSelector[]): HarborTags {
  const matching = selectors.filter(({ decoration, pattern }) => decoration === 'matches' && !isAll(pattern))
  const excluding = selectors.filter(({ decoration }) => decoration === 'excludes')
  const wanted = matching.map(({ pattern }) => tagPattern(pattern))
  const unwanted = excluding.map(({ pattern }) => (isAll(pattern) ? { glob: '*' } : tagPattern(pattern)))
  const takesUntagged = selectors.every(selectsUntagged)
  if (unwanted.length > 1 || wanted.includes(undefined) || unwanted.includes(undefined))
    return { selections: [takesUntagged ? {} : { state: 'tagged' }], isExact: false }
  const isNarrow = wanted.length > 0 || unwanted.length > 0
  const tagged: Selection = {
    state: 'tagged',
    ...(wanted.length > 0 ? { imageHasTags: known(wanted) } : {}),
    ...(unwanted.length > 0 ? { imageHasTagsExcept: known(unwanted) } : {}),
  }
  if (!takesUntagged) return { selections: [tagged], isExact: true }
  return { selections: isNarrow ? [tagged, { state: 'untagged' }] : [{}], isExact: true }
}

/** Without a word about it, an image without tags is selected; `untagged` on an excluding selector turns it round. */
function selectsUntagged({ decoration, extras }: HarborTagSelector): boolean {
  if (extras === undefined) return true
  return decoration === 'matches' ? extras : !extras
}

function known(patterns: readonly (TagPattern | undefined)[]): readonly TagPattern[] {
  return patterns.filter(pattern => pattern !== undefined)
}
