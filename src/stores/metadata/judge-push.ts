import type { Digest, Tag } from '../../oci/index.ts'
import type { Queries } from './engine.ts'
import { isManifest } from './is-manifest.ts'
import type { NewManifest, PutOutcome } from './manifest-port.ts'
import { protectionFacts, type RepositoryProtection } from './protection.ts'

/** Where a tag points, and since when, in milliseconds since the epoch. */
export interface TagState {
  readonly digest: Digest
  readonly setAt: number
}

/** Why the push may not change what is there. What is there already, tags included, may be pushed again. */
export async function judgePush(
  queries: Queries,
  { id, hasLocks }: RepositoryProtection,
  { repository, digest, tags, judge, now }: NewManifest,
  before: ReadonlyMap<Tag, TagState>,
): Promise<PutOutcome | undefined> {
  const moves = tags.flatMap(tag => {
    const state = before.get(tag)
    return state && state.digest !== digest ? [{ tag, ...state }] : []
  })
  // Rules are about tags that are there, and about nothing new.
  if (moves.length === 0 && !hasLocks) return undefined
  const facts = await protectionFacts(
    queries,
    { id, repository, hasLocks },
    moves.map(move => move.digest),
  )
  const isNew = hasLocks && (tags.some(tag => !before.has(tag)) || !(await isManifest(queries, id, digest)))
  const by = 'person'
  for (const move of moves) {
    const refusal = judge(facts, { kind: 'move', by, now, ...move })
    if (refusal) return { outcome: 'protected', refusal, move: { tag: move.tag, from: move.digest } }
  }
  const refusal = isNew ? judge(facts, { kind: 'push', by, now, digest }) : undefined
  return refusal && { outcome: 'protected', refusal }
}
