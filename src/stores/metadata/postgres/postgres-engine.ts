import { Kysely, sql } from 'kysely'
import { Unavailable, within } from '../../../platform/outcome/index.ts'
import type { Engine, PreparedBuild, Queries } from '../engine.ts'
import { compilePrepared } from '../prepared.ts'
import type { Schema } from '../schema.ts'
import { type Connections, connect, type PostgresOptions } from './connect.ts'
import { postgresDialect } from './dialect.ts'
import { mayRunAgain, translate } from './faults.ts'
import { StaleAnswers } from './stale-answers.ts'

const MAX_ATTEMPTS = 30
/** After so many, others wait. */
const MOST_BESIDE_OTHERS = 15
const FIRST_PAUSE_MS = 2
const LONGEST_PAUSE_MS = 200
/** What others change is seen after so long at the latest. */
const MOMENT_MS = 1000
/** Beyond what the server itself allows a statement, for the way there and back. */
const JOURNEY_MS = 5000

/** Over a pool of connections; the schema must be there already. */
export function openPostgresEngine(options: PostgresOptions): Engine {
  const connections = connect(options)
  const limitMs = (options.statementTimeoutSeconds + options.connectTimeoutSeconds) * 1000 + JOURNEY_MS
  const db = new Kysely<Schema>({
    dialect: postgresDialect((text, parameters) => told(limitMs, run(connections, text, parameters))),
  })
  const writing = new Set<Promise<unknown>>()
  const forgetful: { forget(): void }[] = []
  let moment = 0
  let second = 0
  return {
    db,
    prepare<Parameters extends object, Row>(build: PreparedBuild<Parameters, Row>, { staleMs = 0 } = {}) {
      const { text, bind } = compilePrepared(db, build)
      const ask = async (values: unknown[]) => {
        // postgres.js prepares a text once for each connection.
        const rows = connections.unsafe(text, values as never[], { prepare: true })
        return (await told(limitMs, rows)) as unknown as readonly Row[]
      }
      if (staleMs === 0) return (parameters: Parameters) => ask(bind(parameters))
      const answers = new StaleAnswers<Row>(staleMs)
      forgetful.push(answers)
      return (parameters: Parameters) => {
        const values = bind(parameters)
        return answers.answer(values, () => ask(values))
      }
    },
    async write(work, { durable = true } = {}) {
      const written = runSerializable(connections, work, { durable, limitMs })
      writing.add(written)
      try {
        const result = await written
        // What is changed here is seen here at once.
        for (const answers of forgetful) answers.forget()
        moment += 1
        return result
      } finally {
        writing.delete(written)
      }
    },
    async snapshot(work) {
      const unlimited = { ...options, maxConnections: 1, statementTimeoutSeconds: 0 }
      const own = connect(unlimited)
      const reading = own.begin('isolation level repeatable read read only', async transaction => ({
        result: await work(kyselyIn(transaction)),
      }))
      try {
        return ((await reading) as Wrapped<Awaited<ReturnType<typeof work>>>).result
      } catch (error) {
        throw translate(error, false)
      } finally {
        await own.end({ timeout: 5 })
      }
    },
    moment() {
      const now = Math.floor(performance.now() / MOMENT_MS)
      if (now !== second) moment += 1
      second = now
      return moment
    },
    async close() {
      await Promise.allSettled(writing)
      await db.destroy()
      await connections.end({ timeout: 5 })
    },
  }
}

/** So that postgres.js does not take a list that a transaction gives for statements to be waited for. */
interface Wrapped<Result> {
  readonly result: Result
}

function kyselyIn(transaction: Pick<Connections, 'unsafe'>): Queries {
  return new Kysely<Schema>({ dialect: postgresDialect((text, parameters) => run(transaction, text, parameters)) })
}

async function run({ unsafe }: Pick<Connections, 'unsafe'>, text: string, parameters: readonly unknown[]) {
  return await unsafe(text, parameters as never[])
}

/**
 * A server that is there and says nothing, behind a network that drops what is sent, must not hold requests for ever.
 * @throws Unavailable when the time is up; what the driver says, untranslated.
 */
function answered<Result>(limitMs: number, asking: PromiseLike<Result>): Promise<Result> {
  return within(limitMs, `PostgreSQL did not answer in ${limitMs} ms.`, asking)
}

async function told<Result>(limitMs: number, asking: PromiseLike<Result>): Promise<Result> {
  try {
    return await answered(limitMs, asking)
  } catch (error) {
    throw translate(error, false)
  }
}

/** In the order in which a push comes to them. What only one request changes, such as an upload, is not among them. */
const WRITTEN_BY_MANY = [
  'repositories',
  'blobs',
  'repository_blobs',
  'manifests',
  'manifest_references',
  'tags',
  'collection_candidates',
] as const

/**
 * Who writes waits until this transaction has ended; who reads does not. The first statement of it, so that what it sees
 * is what is there when the locks are got (PostgreSQL 13.3.1). Two that wait for each other are told apart by the server.
 */
async function holdOthersOff(queries: Queries): Promise<void> {
  const tables = sql.join(WRITTEN_BY_MANY.map(table => sql.table(table)))
  await sql`lock table ${tables} in share row exclusive mode`.execute(queries)
}

/**
 * The one place where a transaction is run again: `serializable` lets transactions read and then write as if each were
 * alone, and ends one of two that were not (PostgreSQL 13.2.3). Its work therefore may run several times. A long one among
 * many short ones would be ended each time; after some, it goes alone.
 */
async function runSerializable<Result>(
  connections: Connections,
  work: (queries: Queries) => Promise<Result>,
  { durable, limitMs }: { durable: boolean; limitMs: number },
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    let committing = false
    let abandoned = false
    const transaction = connections.begin('isolation level serializable', async transaction => {
      const queries = kyselyIn(transaction)
      if (attempt > MOST_BESIDE_OTHERS) await holdOthersOff(queries)
      if (!durable) await sql`set local synchronous_commit to off`.execute(queries)
      const result = await work(queries)
      // The server answers after all, and the caller was told that nothing changed.
      if (abandoned) throw new Unavailable('The time for this transaction is up.')
      committing = true
      return { result }
    })
    try {
      return ((await answered(limitMs, transaction)) as Wrapped<Result>).result
    } catch (error) {
      abandoned = true
      if (!mayRunAgain(error) || attempt === MAX_ATTEMPTS) throw translate(error, committing)
      await Bun.sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt))
    }
  }
}
