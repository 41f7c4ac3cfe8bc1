import { sql } from 'kysely'
import type { Engine, Queries } from '../../metadata/index.ts'

export interface TakenJob {
  readonly id: number
  readonly data: string
  /** This run included. */
  readonly attempt: number
}

/** The rows of the table `jobs`, by the clock of the one machine that has them. */
export interface JobRows {
  add(queries: Queries, job: { readonly name: string; readonly data: string; readonly runAt: number }): Promise<void>
  /** The next one whose turn has come, or whose holder was not heard of for the length of a lease. */
  take(name: string, holder: string, leaseMs: number, singleton: boolean): Promise<TakenJob | undefined>
  /** False when it is not the holder's any more. */
  renew(id: number, holder: string, leaseMs: number): Promise<boolean>
  complete(id: number, holder: string): Promise<void>
  /** To be run again at that time. */
  putBack(id: number, holder: string, runAt: number, error: string): Promise<void>
  giveUp(id: number, holder: string, error: string): Promise<void>
  forgetFinished(before: number): Promise<void>
  /** For the only process there is: whoever held anything is gone. */
  releaseAll(): Promise<void>
}

export function createJobRows({ db, write }: Pick<Engine, 'db' | 'write'>): JobRows {
  const next = (queries: Queries, name: string) =>
    queries
      .selectFrom('jobs')
      .select(['id', 'data', 'attempts'])
      .where('name', '=', name)
      .where('state', '=', 'waiting')
      .where('run_at', '<=', Date.now())
      .orderBy('run_at')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst()
  const held = (queries: Queries, id: number, holder: string) =>
    queries.updateTable('jobs').where('id', '=', id).where('holder', '=', holder)
  return {
    async add(queries, { name, data, runAt }) {
      await queries
        .insertInto('jobs')
        .values({ name, data, state: 'waiting', attempts: 0, run_at: runAt, ...FREE })
        .execute()
    },
    async take(name, holder, leaseMs, singleton) {
      // Outside of any transaction first: a queue is empty nearly always.
      if (!(await next(db, name))) return undefined
      return write(async queries => {
        const job = await next(queries, name)
        if (!job || (singleton && (await isRunning(queries, name)))) return undefined
        await queries
          .updateTable('jobs')
          .set({ holder, attempts: job.attempts + 1, run_at: Date.now() + leaseMs })
          .where('id', '=', job.id)
          .execute()
        return { id: job.id, data: job.data, attempt: job.attempts + 1 }
      })
    },
    renew: (id, holder, leaseMs) =>
      write(
        async queries => {
          const renewed = await held(queries, id, holder)
            .set({ run_at: Date.now() + leaseMs })
            .executeTakeFirst()
          return renewed.numUpdatedRows > 0n
        },
        { durable: false },
      ),
    async complete(id, holder) {
      await write(async queries => {
        await held(queries, id, holder).set({ state: 'completed', finished_at: Date.now(), holder: null }).execute()
      })
    },
    async putBack(id, holder, runAt, error) {
      await write(async queries => {
        await held(queries, id, holder).set({ run_at: runAt, holder: null, error }).execute()
      })
    },
    async giveUp(id, holder, error) {
      await write(async queries => {
        await held(queries, id, holder).set({ state: 'failed', finished_at: Date.now(), holder: null, error }).execute()
      })
    },
    async forgetFinished(before) {
      await write(
        async queries => {
          await queries.deleteFrom('jobs').where('finished_at', '<', before).execute()
        },
        { durable: false },
      )
    },
    async releaseAll() {
      await write(async queries => {
        await queries
          .updateTable('jobs')
          .set({ holder: null, run_at: Date.now() })
          .where('holder', 'is not', null)
          .execute()
      })
    },
  }
}

const FREE = { holder: null, error: null, finished_at: null }

async function isRunning(queries: Queries, name: string): Promise<boolean> {
  const running = await queries
    .selectFrom('jobs')
    .select(sql.lit(1).as('one'))
    .where('name', '=', name)
    .where('state', '=', 'waiting')
    .where('holder', 'is not', null)
    .where('run_at', '>', Date.now())
    .executeTakeFirst()
  return running !== undefined
}
