import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine } from '../engine.ts'
import { findEntry, listEntries, type TrashEntry, type TrashFilter, type TrashPage } from './entries.ts'
import { type ExpiredPage, expirePage, type TrashExpiry } from './expire.ts'
import { type Purged, purgeEntries } from './purge.ts'
import { type Restored, type RestoreRequest, restoreEntries } from './restore.ts'

/** What was deleted and can be restored. */
export interface Trash {
  list(filter: TrashFilter, page: TrashPage): Promise<readonly TrashEntry[]>
  find(id: string): Promise<TrashEntry | undefined>
  /** In one transaction; durable. */
  restore(request: RestoreRequest, record?: Recording<Restored>): Promise<Restored>
  /** In one transaction; durable. What they held goes with garbage collection. */
  purge(entries: { ids: readonly string[]; now: number }, record?: Recording<Purged>): Promise<Purged>
}

/** How what lies in the trash ends by itself. */
export interface TrashExpiries {
  /** Entries whose time had come at `before`. */
  countExpired(before: number): Promise<number>
  /** Ends a page of them, in one transaction; durable. What they held goes with garbage collection. */
  expire(page: { now: number; after?: TrashExpiry | undefined; limit: number }): Promise<ExpiredPage>
}

export function createTrash(engine: Engine): Trash & TrashExpiries {
  return {
    list: (filter, page) => listEntries(engine.db, filter, page),
    find: id => findEntry(engine.db, id),
    restore: (request, record) => recordedWrite(engine, record, queries => restoreEntries(queries, request)),
    purge: (entries, record) => recordedWrite(engine, record, queries => purgeEntries(queries, entries)),
    async countExpired(before) {
      const { count } = await engine.db
        .selectFrom('trash')
        .select(({ fn }) => fn.countAll<number | bigint | string>().as('count'))
        .where('expires_at', '<=', before)
        .executeTakeFirstOrThrow()
      return Number(count)
    },
    expire: page => engine.write(queries => expirePage(queries, page)),
  }
}
