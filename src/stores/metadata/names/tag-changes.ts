import { type ExpressionBuilder, sql } from 'kysely'
import type { Digest, Tag } from '../../../oci/index.ts'
import type { Queries } from '../engine.ts'
import type { Schema } from '../schema.ts'
import type { TagChangeKind } from '../schema-names.ts'

/** A tag of one repository. */
export interface TagPlace {
  readonly repositoryId: number
  readonly tag: Tag
}

/** Who changes a tag, when, and by which rule; no rule when a person does. */
export interface TagChanger {
  readonly now: number
  /** The name of the principal. */
  readonly by: string
  readonly rule?: string | undefined
}

/**
 * Points the tag to `digest`, and writes that into its history; gives where it pointed before. This and the two below
 * are the only places that change tags, so that no history is left unwritten.
 */
export async function pointTag(
  queries: Queries,
  { digest, kind, ...place }: TagPlace & { readonly digest: Digest; readonly kind?: 'set' | 'restore' },
  changer: TagChanger,
): Promise<Digest | undefined> {
  const { repositoryId, tag } = place
  const { now } = changer
  const before = await queries
    .selectFrom('tags')
    .select(['digest', 'updated_at'])
    .where('repository_id', '=', repositoryId)
    .where('name', '=', tag)
    .executeTakeFirst()
  await queries
    .insertInto('tags')
    .values({ repository_id: repositoryId, name: tag, digest, updated_at: now })
    .onConflict(conflict => conflict.columns(['repository_id', 'name']).doUpdateSet({ digest, updated_at: now }))
    .execute()
  // A build that pushes the same again moves nothing.
  if (before?.digest === digest) return digest
  if (before) await endPresent(queries, place, before, now)
  await write(queries, place, { digest, kind: kind ?? (before ? 'move' : 'push'), at: now, changer })
  return before?.digest
}

/** Takes the tag away; gives where it pointed, undefined when there was none. */
export async function dropTag(queries: Queries, place: TagPlace, changer: TagChanger): Promise<Digest | undefined> {
  const removed = await queries
    .deleteFrom('tags')
    .where('repository_id', '=', place.repositoryId)
    .where('name', '=', place.tag)
    .returning(['digest', 'updated_at'])
    .executeTakeFirst()
  if (!removed) return undefined
  await writeDeletion(queries, place, removed, changer)
  return removed.digest
}

/** Takes every tag away that points to `digest`; gives them. */
export async function dropTagsOf(
  queries: Queries,
  { repositoryId, digest }: { readonly repositoryId: number; readonly digest: Digest },
  changer: TagChanger,
): Promise<readonly Tag[]> {
  const removed = await queries
    .deleteFrom('tags')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .returning(['name', 'digest', 'updated_at'])
    .execute()
  for (const { name, ...present } of removed)
    await writeDeletion(queries, { repositoryId, tag: name }, present, changer)
  return removed.map(({ name }) => name)
}

interface Present {
  readonly digest: Digest
  readonly updated_at: number
}

async function writeDeletion(queries: Queries, place: TagPlace, present: Present, changer: TagChanger): Promise<void> {
  await endPresent(queries, place, present, changer.now)
  await write(queries, place, { digest: null, kind: 'delete', at: changer.now, changer })
}

/** A tag that was there before its history was written begins with where it pointed. */
async function endPresent(queries: Queries, place: TagPlace, present: Present, now: number): Promise<void> {
  const ended = await queries
    .updateTable('tag_history')
    .set({ ended_at: now })
    .where('repository_id', '=', place.repositoryId)
    .where('tag', '=', place.tag)
    .where('ended_at', 'is', null)
    .returning('digest')
    .executeTakeFirst()
  if (ended?.digest === present.digest) return
  await write(queries, place, { digest: present.digest, kind: 'known', at: present.updated_at, endedAt: now })
}

async function write(
  queries: Queries,
  { repositoryId, tag }: TagPlace,
  entry: {
    readonly digest: Digest | null
    readonly kind: TagChangeKind
    readonly at: number
    readonly endedAt?: number
    readonly changer?: TagChanger
  },
): Promise<void> {
  const { digest, kind, at, endedAt, changer } = entry
  await queries
    .insertInto('tag_history')
    .values(given => ({
      repository_id: repositoryId,
      tag,
      digest,
      number: nextNumber(given, repositoryId, tag),
      at,
      ended_at: endedAt ?? (digest === null ? at : null),
      kind,
      by: changer?.by ?? null,
      rule: changer?.rule ?? null,
    }))
    .execute()
}

function nextNumber({ selectFrom }: ExpressionBuilder<Schema, 'tag_history'>, repositoryId: number, tag: Tag) {
  return selectFrom('tag_history as earlier')
    .select(sql<number>`coalesce(max(earlier.number), 0) + 1`.as('next'))
    .where('earlier.repository_id', '=', repositoryId)
    .where('earlier.tag', '=', tag)
}
