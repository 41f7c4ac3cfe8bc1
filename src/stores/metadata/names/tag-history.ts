import type { Digest, RepositoryName, Tag } from '../../../oci/index.ts'
import type { Engine, Queries } from '../engine.ts'
import { repositoryId } from '../repositories.ts'
import type { TagChangeKind } from '../schema-names.ts'

/** One change of a tag. */
export interface TagChange {
  /** From 1 on; the greatest is the newest. */
  readonly number: number
  /** Where it pointed from then on; undefined when it was deleted. */
  readonly digest: Digest | undefined
  readonly kind: TagChangeKind
  readonly at: number
  /** When the next change ended it. */
  readonly endedAt: number | undefined
  /** Undefined when nobody wrote it down. */
  readonly by: string | undefined
  /** The rule that decided it. */
  readonly rule: string | undefined
}

export interface HistoryBounds {
  /** What ended before that is forgotten. */
  readonly endedBefore: number
  /** Of one tag no more changes than these, the newest, are remembered. */
  readonly changesPerTag: number
}

export interface TagHistory {
  /** Newest first; empty for a tag that never was. */
  list(
    repository: RepositoryName,
    tag: Tag,
    page: { readonly before?: number | undefined; readonly limit: number },
  ): Promise<readonly TagChange[]>
  /** At most `limit` rows of each bound in one transaction; gives how many. */
  forget(bounds: HistoryBounds, limit: number): Promise<number>
}

const COLUMNS = ['number', 'digest', 'kind', 'at', 'ended_at', 'by', 'rule'] as const

export function createTagHistory(engine: Engine): TagHistory {
  return {
    async list(repository, tag, page) {
      const id = await repositoryId(engine.db, repository)
      return id === undefined ? [] : listChanges(engine.db, { repositoryId: id, tag }, page)
    },
    forget: (bounds, limit) => engine.write(queries => forget(queries, bounds, limit), { durable: false }),
  }
}

interface Place {
  readonly repositoryId: number
  readonly tag: Tag
}

export async function listChanges(
  queries: Queries,
  place: Place,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<readonly TagChange[]> {
  const rows = await queries
    .selectFrom('tag_history')
    .select(COLUMNS)
    .where('repository_id', '=', place.repositoryId)
    .where('tag', '=', place.tag)
    .$if(before !== undefined, query => query.where('number', '<', before as number))
    .orderBy('number', 'desc')
    .limit(limit)
    .execute()
  const changes = rows.map(({ ended_at, digest, by, rule, ...row }) => ({
    ...row,
    digest: digest ?? undefined,
    endedAt: ended_at ?? undefined,
    by: by ?? undefined,
    rule: rule ?? undefined,
  }))
  if (before !== undefined) return changes
  const present = await unwritten(queries, place, changes[0])
  return present ? [present, ...changes].slice(0, limit) : changes
}

/** Where the tag points, when that was before its history began. */
async function unwritten(
  queries: Queries,
  { repositoryId, tag }: Place,
  newest: TagChange | undefined,
): Promise<TagChange | undefined> {
  const row = await queries
    .selectFrom('tags')
    .select(['digest', 'updated_at'])
    .where('repository_id', '=', repositoryId)
    .where('name', '=', tag)
    .executeTakeFirst()
  if (!row || (newest?.endedAt === undefined && newest?.digest === row.digest)) return undefined
  return {
    number: (newest?.number ?? 0) + 1,
    digest: row.digest,
    kind: 'known',
    at: row.updated_at,
    endedAt: undefined,
    by: undefined,
    rule: undefined,
  }
}

async function forget(queries: Queries, { endedBefore, changesPerTag }: HistoryBounds, limit: number): Promise<number> {
  const old = await queries
    .selectFrom('tag_history')
    .select('id')
    .where('ended_at', '<', endedBefore)
    .orderBy('ended_at')
    .limit(limit)
    .execute()
  const many = await queries
    .selectFrom('tag_history as present')
    .innerJoin('tag_history as earlier', join =>
      join
        .onRef('earlier.repository_id', '=', 'present.repository_id')
        .onRef('earlier.tag', '=', 'present.tag')
        .on(({ eb, ref }) => eb(ref('earlier.number'), '<=', eb(ref('present.number'), '-', changesPerTag))),
    )
    .select('earlier.id')
    .where('present.ended_at', 'is', null)
    .where('present.number', '>', changesPerTag)
    .limit(limit)
    .execute()
  const ids = [...new Set([...old, ...many].map(({ id }) => id))]
  if (ids.length > 0) await queries.deleteFrom('tag_history').where('id', 'in', ids).execute()
  return ids.length
}
