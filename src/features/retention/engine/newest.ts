import type { NewestCount } from '../policy.ts'
import { type Entries, lastUse, YES } from './entries.ts'
import { compareVersions, type Version } from './versions.ts'

/** Of an image: it is not counted, it is not among the newest, it is. */
export const UNCOUNTED = 0
export const BEYOND = 1
export const AMONG = 2

/**
 * For each image of the repository whether it is among the newest of those selected. At the same moment or version
 * tagged images come first, and the smaller digest. What belongs to another image that is counted takes no place: it is
 * among them when that one is, and when it is itself as new as the last of them.
 */
export function rankNewest(entries: Entries, selection: Uint8Array, { count, by }: NewestCount): Uint8Array {
  const ages = by === 'version' ? byVersion(entries, selection) : byTime(entries, selection, by)
  const belongs = belonging(entries, ages)
  const ranks = new Uint8Array(entries.relations.images)
  const isCounted = (image: number) => !Number.isNaN(ages[image]) && !belongs.has(image)
  const { threshold, above } = lastOfNewest(ages, isCounted, count)
  let places = count - above
  for (let image = 0; image < ranks.length; image += 1) {
    const age = ages[image] as number
    if (!isCounted(image)) continue
    const isAtThreshold = age === threshold && places > 0
    if (isAtThreshold) places -= 1
    ranks[image] = age > threshold || isAtThreshold ? AMONG : BEYOND
  }
  for (const [image, owners] of belongs) {
    const own = (ages[image] as number) >= threshold ? AMONG : BEYOND
    ranks[image] = owners.reduce((best, owner) => Math.max(best, ranks[owner] as number), own)
  }
  return ranks
}

/** The age of the last of the newest, -Infinity when all are among them; and how many are newer than that. */
function lastOfNewest(ages: Float64Array, isCounted: (image: number) => boolean, count: number) {
  if (count === 0) return { threshold: Number.POSITIVE_INFINITY, above: 0 }
  let counted = 0
  for (let image = 0; image < ages.length; image += 1) if (isCounted(image)) counted += 1
  if (count >= counted) return { threshold: Number.NEGATIVE_INFINITY, above: 0 }
  const newest = new Largest(count)
  for (let image = 0; image < ages.length; image += 1) if (isCounted(image)) newest.take(ages[image] as number)
  const { least: threshold, numbers } = newest
  return { threshold, above: numbers.filter(age => age > threshold).length }
}

/** The largest of many numbers, as many as there is room for: a heap with the least on top. */
class Largest {
  readonly numbers: Float64Array

  constructor(room: number) {
    this.numbers = new Float64Array(room).fill(Number.NEGATIVE_INFINITY)
  }

  get least(): number {
    return this.numbers[0] as number
  }

  take(number: number): void {
    if (!(number > this.least)) return
    const { numbers } = this
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const child = (numbers[left + 1] as number) < (numbers[left] as number) ? left + 1 : left
      // Beyond the end there is nothing, which is less than no number.
      if (!((numbers[child] as number) < number)) break
      numbers[at] = numbers[child] as number
      at = child
    }
    numbers[at] = number
  }
}

/** By image, the latest of its selected entries; NaN for an image of which none is. */
function byTime(entries: Entries, selection: Uint8Array, by: 'push' | 'pull'): Float64Array {
  const ages = new Float64Array(entries.relations.images).fill(Number.NaN)
  for (let entry = 0; entry < selection.length; entry += 1) {
    if (selection[entry] !== YES) continue
    const image = entries.imageOf[entry] as number
    const at = by === 'push' ? (entries.setAt[entry] as number) : lastUse(entries, entry)
    if (!(at <= (ages[image] as number))) ages[image] = at
  }
  return ages
}

/** By image, the place of its greatest version among all; NaN for an image without one. */
function byVersion({ relations, versions, imageOf }: Entries, selection: Uint8Array): Float64Array {
  const greatest: (Version | undefined)[] = []
  const counted: number[] = []
  for (let entry = 0; entry < selection.length; entry += 1) {
    const version = selection[entry] === YES ? versions?.of(entry) : undefined
    if (!version) continue
    const image = imageOf[entry] as number
    const before = greatest[image]
    if (!before) counted.push(image)
    if (!before || compareVersions(version, before) > 0) greatest[image] = version
  }
  const versionOf = (image: number) => greatest[image] as Version
  counted.sort((one, other) => compareVersions(versionOf(one), versionOf(other)))
  const places = new Float64Array(relations.images).fill(Number.NaN)
  let place = 0
  for (const [at, image] of counted.entries()) {
    const previous = counted[at - 1]
    if (previous !== undefined && compareVersions(versionOf(previous), versionOf(image)) < 0) place += 1
    places[image] = place
  }
  return places
}

/** Of each image that is part of others that are counted, or refers to one: those, up to where nothing is above. */
function belonging({ relations }: Entries, ages: Float64Array): ReadonlyMap<number, readonly number[]> {
  const belongs = new Map<number, readonly number[]>()
  if (relations.count('child') + relations.count('referrer') === 0) return belongs
  const [indexes, subjects] = [relations.leadersBy('child'), relations.leadersBy('referrer')]
  for (let image = 0; image < ages.length; image += 1) {
    if (Number.isNaN(ages[image])) continue
    const above = new Set<number>()
    for (const open = [image]; open.length > 0; ) {
      const next = open.pop() as number
      for (const leader of [...indexes.of(next), ...subjects.of(next)]) {
        if (above.has(leader)) continue
        above.add(leader)
        open.push(leader)
      }
    }
    const owners = [...above].filter(leader => leader < ages.length && !Number.isNaN(ages[leader]))
    if (owners.length > 0) belongs.set(image, owners)
  }
  // An owner that belongs to another itself has no place of its own, and its owners are among these.
  return new Map([...belongs].map(([image, owners]) => [image, owners.filter(owner => !belongs.has(owner))]))
}
