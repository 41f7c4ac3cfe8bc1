import type { Queries } from '../engine.ts'
import { holderOf, releaseEntry } from './release.ts'

/** A place among the entries in the order in which they end. */
export interface TrashExpiry {
  readonly id: string
  readonly expiresAt: number
}

export interface ExpiredPage {
  /** How many left the trash. */
  readonly released: number
  /** How many stay although their time has come, because something that lies there needs them. */
  readonly held: number
  /** Where the page ended; undefined when nothing was left to look at. */
  readonly last: TrashExpiry | undefined
}

/** Ends those whose time has come; one that another needs lies as long as that. */
export async function expirePage(
  queries: Queries,
  { now, after, limit }: { now: number; after?: TrashExpiry | undefined; limit: number },
): Promise<ExpiredPage> {
  const entries = await queries
    .selectFrom('trash')
    .select(['id', 'repository_id as repositoryId', 'kind', 'digest', 'expires_at as expiresAt'])
    .where('expires_at', '<=', now)
    .$if(after !== undefined, query =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('expires_at', 'id'), '>', tuple(after?.expiresAt ?? 0, after?.id ?? '')),
      ),
    )
    .orderBy('expires_at')
    .orderBy('id')
    .limit(limit)
    .execute()
  let released = 0
  for (const entry of entries) {
    const holder = await holderOf(queries, entry)
    if (holder) {
      const until = Math.max(holder.expiresAt, entry.expiresAt)
      await queries.updateTable('trash').set({ expires_at: until }).where('id', '=', entry.id).execute()
    } else {
      await releaseEntry(queries, entry, now)
      released += 1
    }
  }
  return { released, held: entries.length - released, last: entries.at(-1) }
}
