import type { Conditions, RetentionPolicy, RetentionRule, Selection } from '../../../src/features/retention/index.ts'
import { SIGNATURE, type Thing } from './universe.ts'

/** What a registry holds, in the plainest way. Nothing here is shared with the engine. */
export interface Repository {
  readonly name: string
  readonly tags: Map<string, { readonly digest: string; readonly setAt: number }>
  readonly manifests: Map<
    string,
    { readonly thing: Thing; pushedAt: number; isDescribed: boolean; pulledAt: number | undefined }
  >
  /** What people put on images: "digest key" to value. */
  readonly labels: Map<string, string>
  readonly locked: Set<string>
}

export interface Immutability {
  /** All tags that begin so. */
  readonly prefix: string
  readonly days: number
}

export interface Entry {
  readonly repository: Repository
  readonly digest: string
  readonly tag: string | undefined
  readonly setAt: number
}

export interface Outcome {
  /** "repository digest tag" to "keep rule" or "delete rule". */
  readonly fates: ReadonlyMap<string, string>
  readonly tags: ReadonlySet<string>
  readonly manifests: ReadonlySet<string>
  readonly freedBytes: number
  readonly entries: number
  readonly going: number
}

const DAY_MS = 86_400_000
type Known = 'no' | 'unknown' | 'yes'

export interface Moment {
  readonly now: number
  readonly pullsSince: number
  readonly immutable: readonly Immutability[]
}

/** What must be after a run of the policy. */
export function expected(policy: RetentionPolicy, repositories: readonly Repository[], moment: Moment): Outcome {
  const fates = new Map<string, string>()
  const tags = new Set<string>()
  const manifests = new Set<string>()
  const [gone, left]: [{ thing: Thing }[], { thing: Thing }[]] = [[], []]
  let [count, going] = [0, 0]
  for (const repository of repositories) {
    const entries = entriesOf(repository)
    const decided = new Map(entries.map(entry => [entry, fateOf(policy, entries, entry, moment)]))
    const deleted = entries.filter(entry => decided.get(entry)?.startsWith('delete'))
    count += entries.length
    going += deleted.length
    for (const [entry, fate] of decided) fates.set(`${repository.name} ${entry.digest} ${entry.tag ?? ''}`, fate)
    const dead = whatDies(repository, deleted)
    for (const [digest, manifest] of repository.manifests) {
      if (!dead.manifests.has(digest)) manifests.add(`${repository.name} ${digest}`)
      ;(dead.manifests.has(digest) ? gone : left).push(manifest)
    }
    for (const tag of repository.tags.keys()) if (!dead.tags.has(tag)) tags.add(`${repository.name} ${tag}`)
  }
  const blobsOf = (list: readonly { thing: Thing }[]) =>
    new Map(
      list.flatMap(({ thing }) => thing.manifest.blobs.map(({ digest, size }) => [digest as string, size] as const)),
    )
  const held = blobsOf(left)
  const freed = [...blobsOf(gone)].filter(([digest]) => !held.has(digest))
  const freedBytes = freed.reduce((total, [, size]) => total + size, 0)
  return { fates, tags, manifests, freedBytes, entries: count, going }
}

const isFallback = (tag: string) => /^sha256-[0-9a-f]{64}(\.(sig|att|sbom))?$/.test(tag)
const subjectOf = (tag: string) => `sha256:${tag.slice(7, 71)}`

function entriesOf(repository: Repository): Entry[] {
  const tagged = [...repository.tags]
    .filter(([tag]) => !isFallback(tag))
    .map(([tag, { digest, setAt }]) => ({ repository, digest, tag, setAt }))
  const untagged = [...repository.manifests]
    .filter(([digest, { thing }]) => {
      const hasTag = [...repository.tags.values()].some(tag => tag.digest === digest)
      return !hasTag && !thing.manifest.subject && parentsOf(repository, digest).length === 0
    })
    .map(([digest, { pushedAt }]) => ({ repository, digest, tag: undefined, setAt: pushedAt }))
  return [...tagged, ...untagged]
}

function parentsOf(repository: Repository, digest: string): string[] {
  return [...repository.manifests]
    .filter(([, { thing }]) => thing.manifest.manifests.some(child => child.digest === digest))
    .map(([parent]) => parent)
}

function fateOf(policy: RetentionPolicy, entries: readonly Entry[], entry: Entry, moment: Moment): string {
  const speaks = (rule: RetentionRule) => {
    const known = knownOf(rule.select, entry)
    if (known === 'yes') return holds(rule, entries, entry, moment, true)
    return known === 'unknown' && rule.action === 'keep' && holds(rule, entries, entry, moment, false)
  }
  const keeper = policy.rules.find(rule => rule.action === 'keep' && speaks(rule))
  if (keeper) return `keep ${keeper.name}`
  const shield = policy.rules.findIndex(rule => rule.isExclusive && knownOf(rule.select, entry) !== 'no')
  const deleter = policy.rules.find(
    (rule, at) => rule.action === 'delete' && (shield < 0 || at <= shield) && speaks(rule),
  )
  if (!deleter || isProtected(entry, moment)) return 'keep null'
  return `delete ${deleter.name}`
}

function isProtected({ repository, digest, tag, setAt }: Entry, { immutable, now }: Moment): boolean {
  if (repository.locked.has(digest)) return true
  return immutable.some(({ prefix, days }) => tag?.startsWith(prefix) && setAt + days * DAY_MS > now)
}

function matches(pattern: NonNullable<Selection['tags']>[number], tag: string): boolean {
  if ('regex' in pattern) return new RegExp(`^(?:${pattern.regex})$`).test(tag)
  if ('glob' in pattern) return globMatches(pattern.glob, tag)
  const version = versionOf(tag)
  return version !== undefined && !version.includes('-') && Bun.semver.satisfies(version, pattern.semver)
}

function globMatches(glob: string, text: string): boolean {
  return new RegExp(`^${glob.replace(/[.+/]/g, '\\$&').replaceAll('*', '[^/]*')}$`).test(text)
}

function versionOf(tag: string | undefined): string | undefined {
  return /^v?(\d+\.\d+\.\d+(?:-[a-z0-9.]+)?)$/.exec(tag ?? '')?.[1]
}

function knownOf(select: Selection, entry: Entry): Known {
  const all = [...ofTags(select, entry), ...ofImage(select, entry), ...ofDetails(select, entry)]
  return all.includes('no') ? 'no' : all.includes('unknown') ? 'unknown' : 'yes'
}

const sure = (...facts: readonly (boolean | undefined)[]): Known[] =>
  facts.flatMap(fact => (fact === undefined ? [] : [fact ? 'yes' : 'no']))

function ofTags(select: Selection, { repository, digest, tag }: Entry): Known[] {
  const others = [...repository.tags]
    .filter(([name, at]) => at.digest === digest && !isFallback(name))
    .map(([name]) => name)
  const isOne = (patterns: NonNullable<Selection['tags']>, name: string) => patterns.some(each => matches(each, name))
  const { state, tags, exceptTags, imageHasTags = [], imageHasTagsExcept } = select
  return sure(
    state && (state === 'tagged') === (tag !== undefined),
    tags && tag !== undefined && isOne(tags, tag),
    exceptTags && (tag === undefined || !isOne(exceptTags, tag)),
    ...imageHasTags.map(each => tag !== undefined && others.some(other => matches(each, other))),
    imageHasTagsExcept && tag !== undefined && others.some(other => !isOne(imageHasTagsExcept, other)),
  )
}

function ofImage(select: Selection, { repository, digest }: Entry): Known[] {
  const { repositories, exceptRepositories, digests, isInIndex, artifactTypes, annotations = {} } = select
  const has = repository.manifests.get(digest)?.thing.manifest.annotations
  return sure(
    repositories?.some(glob => globMatches(glob, repository.name)),
    exceptRepositories && !exceptRepositories.some(glob => globMatches(glob, repository.name)),
    digests?.some(glob => globMatches(glob, digest)),
    isInIndex === undefined ? undefined : parentsOf(repository, digest).length > 0 === isInIndex,
    select.isSigned === undefined ? undefined : isSigned(repository, digest) === select.isSigned,
    artifactTypes?.some(glob => typesOf(repository, digest).includes(glob.replaceAll('**', ''))),
    ...Object.entries(annotations).map(([key, value]) => globMatches(value, has?.[key] ?? '/')),
  )
}

function ofDetails({ platforms, labels = {} }: Selection, { repository, digest }: Entry): Known[] {
  const ofLabels = Object.entries(labels).map(([key, value]): Known => {
    const own = repository.labels.get(`${digest} ${key}`)
    if (own !== undefined && globMatches(value, own)) return 'yes'
    return described(repository, digest, thing => globMatches(value, thing.labels[key] ?? '/'))
  })
  return [
    ...(platforms ? [described(repository, digest, ({ platform }) => platforms.includes(platform))] : []),
    ...ofLabels,
  ]
}

/** Of an index: what is true of one of its images. */
function described(repository: Repository, digest: string, isSo: (thing: Thing) => boolean): Known {
  const parts = familyOf(repository, digest)
  if (parts.some(({ thing, isDescribed }) => isDescribed && isSo(thing))) return 'yes'
  return parts.some(({ isDescribed }) => !isDescribed) ? 'unknown' : 'no'
}

function familyOf(
  repository: Repository,
  digest: string,
): { thing: Thing; isDescribed: boolean; pulledAt: number | undefined }[] {
  const manifest = repository.manifests.get(digest)
  if (!manifest) return []
  const children = manifest.thing.manifest.manifests.flatMap(child => familyOf(repository, child.digest))
  return [manifest, ...children]
}

function typesOf(repository: Repository, digest: string): string[] {
  const thing = repository.manifests.get(digest)?.thing
  if (!thing) return []
  if (thing.manifest.artifactType) return [thing.manifest.artifactType]
  return thing.manifest.manifests.flatMap(child => typesOf(repository, child.digest))
}

function isSigned(repository: Repository, digest: string): boolean {
  const refers = [...repository.manifests.values()].some(
    ({ thing }) => thing.manifest.subject?.digest === digest && thing.manifest.artifactType === SIGNATURE,
  )
  return refers || repository.tags.has(`${digest.replace(':', '-')}.sig`)
}

function usedAt({ repository, digest, setAt }: Entry, { pullsSince }: Moment): number {
  const pulls = familyOf(repository, digest).map(({ pulledAt }) => pulledAt ?? 0)
  const pulled = Math.max(0, ...pulls)
  return Math.max(setAt, pulled === 0 ? pullsSince : pulled)
}

function holds(
  { select, when }: RetentionRule,
  entries: readonly Entry[],
  entry: Entry,
  moment: Moment,
  isCounted: boolean,
): boolean {
  const { newest, beyondNewest, newestMinorLines, pushed, pulled } = when
  const selected = entries.filter(other => knownOf(select, other) === 'yes')
  const age = (at: number) => (moment.now - at) / DAY_MS
  const within = (limits: NonNullable<Conditions['pushed']>, days: number) =>
    days >= (limits.atLeastDays ?? Number.NEGATIVE_INFINITY) && days <= (limits.atMostDays ?? Number.POSITIVE_INFINITY)
  if (pushed && !within(pushed, age(entry.setAt))) return false
  if (pulled && !within(pulled, age(usedAt(entry, moment)))) return false
  if (!isCounted) return true
  if (newest && !newestOf(selected, newest, moment).among.has(entry.digest)) return false
  if (beyondNewest && !newestOf(selected, beyondNewest, moment).beyond.has(entry.digest)) return false
  return !newestMinorLines || isInLines(selected, entry, newestMinorLines)
}

function newestOf(
  selected: readonly Entry[],
  { count, by }: NonNullable<Conditions['newest']>,
  moment: Moment,
): { among: ReadonlySet<string>; beyond: ReadonlySet<string> } {
  const counted = by === 'version' ? selected.filter(({ tag }) => versionOf(tag)) : selected
  const images = [...new Set(counted.map(({ digest }) => digest))]
  const of = (digest: string) => counted.filter(entry => entry.digest === digest)
  const best = (digest: string) =>
    by === 'version'
      ? (of(digest)
          .map(({ tag }) => versionOf(tag) as string)
          .sort(Bun.semver.order)
          .at(-1) ?? '')
      : Math.max(...of(digest).map(entry => (by === 'push' ? entry.setAt : usedAt(entry, moment))))
  const byAge = (one: string, other: string) => {
    const [first, second] = [best(one), best(other)]
    return typeof first === 'string' ? Bun.semver.order(second as string, first) : (second as number) - first
  }
  const newer = (one: string, other: string) => {
    const isUntagged = (digest: string) => (of(digest)[0]?.tag === undefined ? 1 : 0)
    return byAge(one, other) || isUntagged(one) - isUntagged(other) || (one < other ? -1 : 1)
  }
  const [repository] = selected.map(entry => entry.repository)
  const ownersOf = (digest: string): string[] =>
    repository ? above(repository, digest).filter(o => images.includes(o)) : []
  const places = images.filter(image => ownersOf(image).length === 0).sort(newer)
  const isAmong = (image: string) => places.slice(0, count).includes(image)
  const last = places[count - 1]
  const isAsNew = (image: string) => count > 0 && (last === undefined || byAge(image, last) <= 0)
  const fate = (image: string) =>
    ownersOf(image).length === 0 ? isAmong(image) : ownersOf(image).some(isAmong) || isAsNew(image)
  return { among: new Set(images.filter(fate)), beyond: new Set(images.filter(image => !fate(image))) }
}

/** Indexes that name it, the subject that it refers to, and what is above those. */
function above(repository: Repository, digest: string): string[] {
  const subject = repository.manifests.get(digest)?.thing.manifest.subject?.digest
  const direct = [...parentsOf(repository, digest), ...(subject ? [subject] : [])]
  return [...new Set([...direct, ...direct.flatMap(each => above(repository, each))])]
}

function isInLines(
  selected: readonly Entry[],
  entry: Entry,
  { count, patches }: NonNullable<Conditions['newestMinorLines']>,
): boolean {
  const version = versionOf(entry.tag)
  if (version === undefined) return false
  const releases = [...new Set(selected.map(({ tag }) => versionOf(tag)))].filter(
    (each): each is string => each !== undefined && !each.includes('-'),
  )
  const line = (of: string) => of.split('.').slice(0, 2).join('.')
  const byAge = (list: readonly string[]) => [...list].sort(Bun.semver.order).reverse()
  const lines = [...new Set(byAge(releases).map(line))].slice(0, count)
  const release = version.replace(/-.*/, '')
  if (lines.includes(line(release))) {
    const counted = byAge(releases.filter(each => line(each) === line(release))).slice(0, patches)
    return Bun.semver.order(release, counted.at(-1) as string) >= 0
  }
  if (release === version) return false
  const oldest = lines.at(-1)
  return lines.length < count || oldest === undefined || Bun.semver.order(`${line(release)}.0`, `${oldest}.0`) > 0
}

/** Again and again, until nothing more dies. */
function whatDies(repository: Repository, deleted: readonly Entry[]): Dead {
  const tags = new Set(deleted.map(({ tag }) => tag).filter(tag => tag !== undefined))
  const untagged = new Set(deleted.filter(({ tag }) => tag === undefined).map(({ digest }) => digest))
  const dead = { tags, manifests: new Set<string>(), touched: new Set(deleted.map(({ digest }) => digest)), untagged }
  for (let before = -1; before !== dead.manifests.size; ) {
    before = dead.manifests.size
    for (const digest of repository.manifests.keys())
      if (isToDie(repository, digest, dead)) die(repository, digest, dead)
  }
  return dead
}

interface Dead {
  readonly tags: Set<string>
  readonly manifests: Set<string>
  /** Lost a tag, or something that it belonged to. */
  readonly touched: Set<string>
  /** Images without a tag that rules delete. */
  readonly untagged: ReadonlySet<string>
}

function isToDie(repository: Repository, digest: string, { tags, manifests, touched, untagged }: Dead): boolean {
  if (manifests.has(digest) || !touched.has(digest) || repository.locked.has(digest)) return false
  const isTagged = [...repository.tags].some(([tag, at]) => at.digest === digest && !tags.has(tag))
  const isNamed = parentsOf(repository, digest).some(parent => !manifests.has(parent))
  const subject = repository.manifests.get(digest)?.thing.manifest.subject?.digest
  const isReferrer = subject !== undefined && repository.manifests.has(subject) && !manifests.has(subject)
  if (isTagged || isNamed || isReferrer) return false
  // An image that nobody speaks of stays, whatever went that it belonged to.
  const isSpared = entriesOf(repository).some(entry => entry.digest === digest && !entry.tag) && !untagged.has(digest)
  return !isSpared
}

function die(repository: Repository, digest: string, { tags, manifests, touched }: Dead): void {
  manifests.add(digest)
  for (const child of repository.manifests.get(digest)?.thing.manifest.manifests ?? []) touched.add(child.digest)
  for (const [other, { thing }] of repository.manifests)
    if (thing.manifest.subject?.digest === digest) touched.add(other)
  for (const [tag, at] of repository.tags) {
    if (!isFallback(tag) || subjectOf(tag) !== digest) continue
    tags.add(tag)
    touched.add(at.digest)
  }
}
