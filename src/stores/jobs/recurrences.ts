import { type RawBuilder, sql } from 'kysely'
import type { Engine } from '../metadata/index.ts'

/** When a recurring job ended last, until when somebody holds it, and what time it is. */
export interface Recurrence {
  readonly endedAt: number
  readonly leaseUntil: number
  readonly now: number
}

/** The rows of recurring_jobs, which decide who runs what when. */
export interface Recurrences {
  /** Makes the row when it is new, as if the job had ended now. */
  find(name: string): Promise<Recurrence>
  /** Takes the lease if the job is due and nobody holds it. */
  take(name: string, holder: string, everyMs: number, leaseMs: number): Promise<boolean>
  /** False when it is not the holder's any more. */
  renew(name: string, holder: string, leaseMs: number): Promise<boolean>
  /** Ends the run. */
  give(name: string, holder: string): Promise<void>
  /** For the only process there is: whoever held anything is gone. */
  releaseAll(): Promise<void>
}

/** @param now the clock that all processes on the database share. */
export function createRecurrences(engine: Engine, now: () => RawBuilder<number>): Recurrences {
  return {
    async find(name) {
      const read = () =>
        engine.db
          .selectFrom('recurring_jobs')
          .select(['ended_at as endedAt', 'lease_until as leaseUntil', now().as('now')])
          .where('name', '=', name)
          .executeTakeFirst()
      const found = await read()
      if (found) return found
      await engine.write(async queries => {
        await queries
          .insertInto('recurring_jobs')
          .values({ name, ended_at: now(), holder: null, lease_until: 0 })
          .onConflict(conflict => conflict.doNothing())
          .execute()
      })
      return (await read()) as Recurrence
    },
    take: (name, holder, everyMs, leaseMs) =>
      engine.write(async queries => {
        const taken = await queries
          .updateTable('recurring_jobs')
          .set({ holder, lease_until: sql<number>`${now()} + ${sql.lit(leaseMs)}` })
          .where('name', '=', name)
          .where('lease_until', '<=', now())
          .where('ended_at', '<=', sql<number>`${now()} - ${sql.lit(everyMs)}`)
          .executeTakeFirst()
        return taken.numUpdatedRows > 0n
      }),
    renew: (name, holder, leaseMs) =>
      engine.write(
        async queries => {
          const renewed = await queries
            .updateTable('recurring_jobs')
            .set({ lease_until: sql<number>`${now()} + ${sql.lit(leaseMs)}` })
            .where('name', '=', name)
            .where('holder', '=', holder)
            .executeTakeFirst()
          return renewed.numUpdatedRows > 0n
        },
        { durable: false },
      ),
    async give(name, holder) {
      await engine.write(
        async queries => {
          await queries
            .updateTable('recurring_jobs')
            .set({ holder: null, lease_until: 0, ended_at: now() })
            .where('name', '=', name)
            .where('holder', '=', holder)
            .execute()
        },
        { durable: false },
      )
    },
    async releaseAll() {
      await engine.write(async queries => {
        await queries
          .updateTable('recurring_jobs')
          .set({ holder: null, lease_until: 0 })
          .where('holder', 'is not', null)
          .execute()
      })
    },
  }
}
