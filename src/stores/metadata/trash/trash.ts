import type { Engine } from '../engine.ts'
import { type ExpiredPage, expirePage, type TrashExpiry } from './expire.ts'

/** What was deleted and can be restored. */
export interface Trash {
  /** Entries whose time had come at `before`. */
  countExpired(before: number): Promise<number>
  /** Ends a page of them, in one transaction; durable. What they held goes with garbage collection. */
  expire(page: { now: number; after?: TrashExpiry | undefined; limit: number }): Promise<ExpiredPage>
}

export function createTrash(engine: Engine): Trash {
  return {
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
