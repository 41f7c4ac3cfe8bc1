import type { Engine } from '../engine.ts'

export interface SinkCursor {
  readonly name: string
  /** The last record that the receiver has. */
  readonly cursor: number
  /** When it moved last; milliseconds since the epoch. */
  readonly updatedAt: number
}

/** How far the receivers of the log have it. */
export interface AuditSinks {
  list(): Promise<readonly SinkCursor[]>
  /** Where to go on; a new sink begins before the first record. */
  cursor(name: string, now: number): Promise<number>
  /** False when the cursor is not at `from`: somebody else delivers to this sink, too. */
  advance(name: string, move: { readonly from: number; readonly to: number; readonly now: number }): Promise<boolean>
}

export function createAuditSinks(engine: Engine): AuditSinks {
  return {
    list: () =>
      engine.db
        .selectFrom('audit_sinks')
        .select(['name', 'cursor', 'updated_at as updatedAt'])
        .orderBy('name')
        .execute(),
    async cursor(name, now) {
      const read = () =>
        engine.db.selectFrom('audit_sinks').select('cursor').where('name', '=', name).executeTakeFirst()
      const found = await read()
      if (found) return found.cursor
      await engine.write(async queries => {
        await queries
          .insertInto('audit_sinks')
          .values({ name, cursor: 0, updated_at: now })
          .onConflict(conflict => conflict.column('name').doNothing())
          .execute()
      })
      return (await read())?.cursor ?? 0
    },
    advance: (name, { from, to, now }) =>
      // Losing it to a power cut delivers some records again, with the same ids.
      engine.write(
        async queries => {
          const moved = await queries
            .updateTable('audit_sinks')
            .set({ cursor: to, updated_at: now })
            .where('name', '=', name)
            .where('cursor', '=', from)
            .executeTakeFirst()
          return moved.numUpdatedRows > 0n
        },
        { durable: false },
      ),
  }
}
