import type { Pictured } from './outcome.ts'

// What each vendor does with its own document, in the vendor's own terms and as plainly as can be.

export interface EcrWritten {
  readonly rulePriority: number
  readonly selection: {
    readonly tagStatus: 'tagged' | 'untagged' | 'any'
    readonly tagPatternList?: readonly string[]
    readonly countType: 'imageCountMoreThan' | 'sinceImagePushed'
    readonly countUnit?: 'days'
    readonly countNumber: number
  }
  readonly action: { readonly type: 'expire' } | { readonly type: 'transition'; readonly targetStorageClass: 'archive' }
}

/** Names of the images that the policy expires: the first rule whose tags fit an image decides about it. */
export function ecrExpires(rules: readonly EcrWritten[], images: readonly Pictured[]): readonly string[] {
  const ordered = rules.toSorted((left, right) => left.rulePriority - right.rulePriority)
  const fits = ({ selection }: EcrWritten, { tags }: Pictured) => {
    if (selection.tagStatus === 'any') return true
    if (selection.tagStatus === 'untagged') return tags.length === 0
    return (selection.tagPatternList ?? []).every(pattern => tags.some(tag => new Bun.Glob(pattern).match(tag)))
  }
  const marks = (rule: EcrWritten, image: Pictured) => {
    const { countType, countNumber } = rule.selection
    if (countType === 'sinceImagePushed') return image.pushedDays >= countNumber
    const newer = images.filter(other => fits(rule, other) && other.pushedDays < image.pushedDays)
    return newer.length >= countNumber
  }
  return images
    .filter(image => {
      const rule = ordered.find(rule => fits(rule, image))
      return rule?.action.type === 'expire' && marks(rule, image)
    })
    .map(({ name }) => name)
}

export interface HarborWritten {
  readonly action: 'retain'
  readonly template: string
  readonly params: Readonly<Record<string, number>>
  readonly tag_selectors: readonly HarborSelector[]
  readonly scope_selectors: { readonly repository: readonly HarborSelector[] }
}
export interface HarborSelector {
  readonly kind: 'doublestar'
  readonly decoration: string
  readonly pattern: string
  readonly extras?: string
}

/** Names of the images that are not retained, in repositories that a rule is for. */
export function harborDeletes(rules: readonly HarborWritten[], images: readonly Pictured[]): readonly string[] {
  const match = (pattern: string, text: string) => new Bun.Glob(pattern).match(text)
  const isFor = (rule: HarborWritten, { repository = '' }: Pictured) =>
    rule.scope_selectors.repository.every(
      ({ decoration, pattern }) => match(pattern, repository.replace(/^team\//, '')) === (decoration === 'repoMatches'),
    )
  const isSelected = (rule: HarborWritten, { tags }: Pictured) =>
    rule.tag_selectors.every(({ decoration, pattern, extras }) => {
      const untagged = extras === undefined ? decoration === 'matches' : JSON.parse(extras).untagged === true
      if (decoration === 'matches') return tags.length === 0 ? untagged : tags.some(tag => match(pattern, tag))
      return tags.length === 0 ? !untagged : tags.some(tag => !match(pattern, tag))
    })
  const retains = (rule: HarborWritten, image: Pictured) => {
    if (!isFor(rule, image) || !isSelected(rule, image)) return false
    const number = rule.params[rule.template] ?? 0
    const pulled = image.pulledDays ?? Number.POSITIVE_INFINITY
    const among = images.filter(other => other.repository === image.repository && isSelected(rule, other))
    const isAmong = (days: (of: Pictured) => number) => among.filter(other => days(other) < days(image)).length < number
    const active = (of: Pictured) => Math.min(of.pushedDays, of.pulledDays ?? Number.POSITIVE_INFINITY)
    if (rule.template === 'latestPushedK') return isAmong(of => of.pushedDays)
    if (rule.template === 'latestActiveK') return isAmong(active)
    if (rule.template === 'nDaysSinceLastPush') return number > 0 && image.pushedDays <= number
    if (rule.template === 'nDaysSinceLastPull') return number > 0 && pulled <= number
    return rule.template === 'always'
  }
  return images
    .filter(image => rules.some(rule => isFor(rule, image)) && !rules.some(rule => retains(rule, image)))
    .map(({ name }) => name)
}

export interface GitlabWritten {
  readonly name_regex: string
  readonly name_regex_keep?: string
  readonly keep_n?: number
  readonly older_than?: string
}

/** The tags of one repository that the policy removes, step by step as GitLab's documentation numbers them. */
export function gitlabRemoves(policy: GitlabWritten, images: readonly Pictured[]): readonly string[] {
  const matches = (regex: string, tag: string) => new RegExp(`^${regex}$`).test(tag)
  return images
    .flatMap(({ tags, pushedDays }) => tags.map(tag => ({ tag, pushedDays })))
    .filter(({ tag }) => tag !== 'latest')
    .filter(({ tag }) => matches(policy.name_regex, tag))
    .filter(({ tag }) => policy.name_regex_keep === undefined || !matches(policy.name_regex_keep, tag))
    .toSorted((left, right) => left.pushedDays - right.pushedDays)
    .slice(policy.keep_n ?? 0)
    .filter(({ pushedDays }) => policy.older_than === undefined || pushedDays >= Number.parseInt(policy.older_than, 10))
    .map(({ tag }) => tag)
}

export interface GarWritten {
  readonly name: string
  readonly action: { readonly type: 'Delete' | 'Keep' }
  readonly condition?: {
    readonly tagState?: string
    readonly tagPrefixes?: readonly string[]
    readonly versionNamePrefixes?: readonly string[]
    readonly packageNamePrefixes?: readonly string[]
    readonly olderThan?: string
    readonly newerThan?: string
  }
  readonly mostRecentVersions?: { readonly packageNamePrefixes?: readonly string[]; readonly keepCount: number }
}

/** Names of the images that a delete policy matches and no keep policy. */
export function garDeletes(policies: readonly GarWritten[], images: readonly Pictured[]): readonly string[] {
  const begins = (prefixes: readonly string[] | undefined, texts: readonly string[]) =>
    prefixes === undefined || texts.some(text => prefixes.some(prefix => text.startsWith(prefix)))
  const packageOf = ({ repository = '' }: Pictured) => repository.replace(/^team\//, '')
  const matches = ({ condition, mostRecentVersions }: GarWritten, image: Pictured) => {
    if (mostRecentVersions) {
      const newer = images.filter(other => other.repository === image.repository && other.pushedDays < image.pushedDays)
      const isMeant = begins(mostRecentVersions.packageNamePrefixes, [packageOf(image)])
      return isMeant && newer.length < mostRecentVersions.keepCount
    }
    const { tagState, tagPrefixes, versionNamePrefixes, packageNamePrefixes, olderThan, newerThan } = condition ?? {}
    const days = (duration: string) => Number.parseInt(duration, 10)
    return (
      (tagState !== 'tagged' || image.tags.length > 0) &&
      (tagState !== 'untagged' || image.tags.length === 0) &&
      begins(tagPrefixes, image.tags) &&
      begins(versionNamePrefixes, [image.digest ?? '']) &&
      begins(packageNamePrefixes, [packageOf(image)]) &&
      (olderThan === undefined || image.pushedDays >= days(olderThan)) &&
      (newerThan === undefined || image.pushedDays <= days(newerThan))
    )
  }
  const some = (type: 'Delete' | 'Keep', image: Pictured) =>
    policies.some(policy => policy.action.type === type && matches(policy, image))
  return images.filter(image => some('Delete', image) && !some('Keep', image)).map(({ name }) => name)
}
