import { type TagPattern, tagMatcher } from '../../../src/features/protection/index.ts'
import type { Conditions, NewestCount, RetentionRule, Selection } from '../../../src/features/retention/index.ts'
import { matchesGlob } from '../../../src/oci/index.ts'

/** An image of a small repository, as a vendor's documentation describes one. */
export interface Pictured {
  readonly name: string
  readonly repository?: string
  readonly tags: readonly string[]
  /** Its push, and that of its tags, ago. */
  readonly pushedDays: number
  readonly pulledDays?: number
  readonly digest?: string
}

interface Entry {
  readonly image: Pictured
  readonly tag: string | undefined
}

/** What rules take of these images, read off policy.ts in the plainest way: an oracle beside the engine. */
export function outcome(rules: readonly RetentionRule[], images: readonly Pictured[]) {
  const entries = images.flatMap((image): readonly Entry[] =>
    image.tags.length === 0 ? [{ image, tag: undefined }] : image.tags.map(tag => ({ image, tag })),
  )
  const kept = new Set<Entry>()
  const deleted = new Set<Entry>()
  const held = new Set<Entry>()
  for (const rule of rules) {
    const selected = entries.filter(entry => selects(rule.select, entry))
    for (const entry of selected) {
      if (!holds(rule.when, entry, selected)) continue
      if (rule.action === 'keep') kept.add(entry)
      else if (!held.has(entry)) deleted.add(entry)
    }
    if (rule.isExclusive) for (const entry of selected) held.add(entry)
  }
  const gone = entries.filter(entry => deleted.has(entry) && !kept.has(entry))
  const isGone = (image: Pictured) => entries.every(entry => entry.image !== image || gone.includes(entry))
  return {
    /** Names of images of which nothing is left. */
    images: images.filter(isGone).map(({ name }) => name),
    tags: gone.map(({ tag }) => tag).filter(tag => tag !== undefined),
  }
}

function selects(select: Selection, { image, tag }: Entry): boolean {
  const repository = image.repository ?? 'team/app'
  const any = (patterns: readonly TagPattern[], text: string) => tagMatcher(patterns)(text)
  const has = (pattern: TagPattern) => image.tags.some(some => any([pattern], some))
  const known = ['repositories', 'exceptRepositories', 'state', 'tags', 'exceptTags', 'imageHasTags']
  for (const field of Object.keys(select))
    if (![...known, 'imageHasTagsExcept', 'digests'].includes(field)) throw new Error(`not in this oracle: ${field}`)
  return [
    select.repositories?.some(glob => matchesGlob(glob, repository)),
    select.exceptRepositories && !select.exceptRepositories.some(glob => matchesGlob(glob, repository)),
    select.state && (tag === undefined) === (select.state === 'untagged'),
    select.tags && tag !== undefined && any(select.tags, tag),
    select.exceptTags && !(tag !== undefined && any(select.exceptTags, tag)),
    select.imageHasTags?.every(has),
    select.imageHasTagsExcept && image.tags.some(some => !any(select.imageHasTagsExcept ?? [], some)),
    select.digests?.some(glob => matchesGlob(glob, image.digest ?? '')),
  ].every(holds => holds !== false)
}

function holds(when: Conditions, { image }: Entry, selected: readonly Entry[]): boolean {
  const isAged = (age: Conditions['pushed'], days: number) =>
    days >= (age?.atLeastDays ?? 0) && days <= (age?.atMostDays ?? Number.POSITIVE_INFINITY)
  return (
    (!when.newest || isAmong(when.newest, image, selected)) &&
    (!when.beyondNewest || !isAmong(when.beyondNewest, image, selected)) &&
    isAged(when.pushed, image.pushedDays) &&
    isAged(when.pulled, pulledDays(image))
  )
}

function isAmong({ count, by }: NewestCount, image: Pictured, selected: readonly Entry[]): boolean {
  const days = (of: Pictured) => (by === 'pull' ? pulledDays(of) : of.pushedDays)
  const images = [...new Set(selected.map(entry => entry.image))].filter(of => of.repository === image.repository)
  return images.filter(other => days(other) < days(image)).length < count
}

function pulledDays({ pulledDays, pushedDays }: Pictured): number {
  return Math.min(pulledDays ?? pushedDays, pushedDays)
}
