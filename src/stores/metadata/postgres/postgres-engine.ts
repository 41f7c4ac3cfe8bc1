import { Kysely, sql } from 'kysely'
import { PostgresJSDialect } from 'kysely-postgres-js'
import type { Engine, PreparedBuild, Queries } from '../engine.ts'
import { compilePrepared } from '../prepared.ts'
import type { Schema } from '../schema.ts'
import { connect, type PostgresOptions } from './connect.ts'
import { mayRunAgain, translate } from './faults.ts'

const MAX_ATTEMPTS = 30
const FIRST_PAUSE_MS = 2
const LONGEST_PAUSE_MS = 200

/** Over a pool of connections; the schema must be there already. */
export function openPostgresEngine(options: PostgresOptions): Engine {
  const connections = connect(options)
  const db = new Kysely<Schema>({ dialect: new PostgresJSDialect({ postgres: connections }) })
  const writing = new Set<Promise<unknown>>()
  return {
    db,
    prepare<Parameters extends object, Row>(build: PreparedBuild<Parameters, Row>) {
      const { text, bind } = compilePrepared(db, build)
      return async (parameters: Parameters) => {
        try {
          // postgres.js prepares a text once for each connection.
          const rows = connections.unsafe(text, bind(parameters) as never[], { prepare: true })
          return (await rows) as unknown as readonly Row[]
        } catch (error) {
          throw translate(error, false)
        }
      }
    },
    async write(work, { durable = true } = {}) {
      const written = runSerializable(db, work, durable)
      writing.add(written)
      try {
        return await written
      } finally {
        writing.delete(written)
      }
    },
    async snapshot(work) {
      const unlimited = { ...options, maxConnections: 1, statementTimeoutSeconds: 0 }
      const own = connect(unlimited)
      const moment = new Kysely<Schema>({ dialect: new PostgresJSDialect({ postgres: own }) }).transaction()
      try {
        return await moment.setIsolationLevel('repeatable read').setAccessMode('read only').execute(work)
      } catch (error) {
        throw translate(error, false)
      } finally {
        await own.end({ timeout: 5 })
      }
    },
    async close() {
      await Promise.allSettled(writing)
      await db.destroy()
      await connections.end({ timeout: 5 })
    },
  }
}

/**
 * The one place where a transaction is run again: `serializable` lets transactions read and then write as if each were
 * alone, and ends one of two that were not (PostgreSQL 13.2.3). Its work therefore may run several times.
 */
async function runSerializable<Result>(
  db: Kysely<Schema>,
  work: (queries: Queries) => Promise<Result>,
  durable: boolean,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    let committing = false
    try {
      return await db
        .transaction()
        .setIsolationLevel('serializable')
        .execute(async queries => {
          if (!durable) await sql`set local synchronous_commit to off`.execute(queries)
          const result = await work(queries)
          committing = true
          return result
        })
    } catch (error) {
      if (!mayRunAgain(error) || attempt === MAX_ATTEMPTS) throw translate(error, committing)
      await Bun.sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt))
    }
  }
}
