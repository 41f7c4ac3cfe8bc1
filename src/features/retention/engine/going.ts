import type { Entries } from './entries.ts'
import type { Relations } from './relations.ts'

/**
 * Which manifests go when those entries go that `isGoing` says, and those stay that are locked: an image with the last of its tags, unless an index or its
 * subject holds it; then what only it held: its children, what refers to it, and so on. By manifest, 1 for those that go.
 */
export function manifestsThatGo(
  { imageOf, relations }: Pick<Entries, 'imageOf' | 'relations'>,
  isGoing: (entry: number) => boolean,
  locked: readonly number[] = [],
): Uint8Array {
  const stays = new Uint8Array(relations.manifests.size)
  const goes = new Uint8Array(stays.length)
  const isRoot = new Uint8Array(relations.images)
  for (let entry = 0; entry < imageOf.length; entry += 1)
    (isGoing(entry) ? isRoot : stays)[imageOf[entry] as number] = 1
  for (const manifest of locked) stays[manifest] = 1
  const { isHeld, followersOf } = bonds(relations, goes)
  const open: number[] = []
  const tryIt = (manifest: number) => {
    if (goes[manifest] || stays[manifest] || isHeld(manifest)) return
    goes[manifest] = 1
    open.push(manifest)
  }
  for (let image = 0; image < isRoot.length; image += 1) {
    if (isRoot[image]) tryIt(image)
    for (let next = open.pop(); next !== undefined; next = open.pop())
      for (const follower of followersOf(next)) tryIt(follower)
  }
  return goes
}

/** Is there something that is not going and holds the manifest? And what may go when it has gone? */
function bonds(relations: Relations, goes: Uint8Array) {
  const [indexes, subjects, fallbacks] = [
    relations.leadersBy('child'),
    relations.leadersBy('referrer'),
    relations.leadersBy('fallback'),
  ]
  const followers = (['child', 'referrer', 'fallback'] as const).map(relation => relations.followersBy(relation))
  const isThere = presence(relations)
  return {
    isHeld: (manifest: number) =>
      indexes.of(manifest).some(index => !goes[index]) ||
      // A subject may be named before it is pushed, and after it has gone.
      subjects.of(manifest).some(subject => !goes[subject] && isThere(subject)) ||
      fallbacks.of(manifest).some(subject => !goes[subject]),
    followersOf: function* (manifest: number) {
      for (const neighbours of followers) yield* neighbours.of(manifest)
    },
  }
}

/** Every manifest of a repository is an image with an entry, or part of something, or refers to something. */
function presence(relations: Relations): (manifest: number) => boolean {
  const isThere = new Uint8Array(relations.manifests.size)
  relations.each('child', (index, child) => {
    isThere[index] = 1
    isThere[child] = 1
  })
  for (const relation of ['referrer', 'fallback'] as const)
    relations.each(relation, (_, follower) => {
      isThere[follower] = 1
    })
  return manifest => manifest < relations.images || isThere[manifest] === 1
}
