import { Database, type SQLQueryBindings } from 'bun:sqlite'
import { Kysely } from 'kysely'
import type { Engine, PreparedBuild, Queries } from '../engine.ts'
import { compilePrepared } from '../prepared.ts'
import type { Schema } from '../schema.ts'
import { ChangeCounter } from './change-counter.ts'
import { bunSqliteDialect } from './dialect.ts'
import { GroupCommit } from './group-commit.ts'
import { LogSync } from './log-sync.ts'
import { Remembered } from './remembered.ts'

/** Readers wait for a moment at most, when another process opens or closes the log. Writers wait in GroupCommit. */
const READER_BUSY_MS = 10_000

/** Opens (and creates) the database file. Two connections: one writes, one reads what is committed. */
export function openSqliteEngine(file: string): Engine {
  const writer = connect(file)
  writer.run('pragma journal_mode = wal')
  // SQLite syncs the log itself only before it empties it; each commit is synced by LogSync.
  writer.run('pragma synchronous = normal')
  writer.run('pragma busy_timeout = 0')
  const log = new LogSync(`${file}-wal`)
  const changes = new ChangeCounter(`${file}-changes`)
  const reader = connect(file)
  reader.run('pragma query_only = on')
  const db = new Kysely<Schema>({ dialect: bunSqliteDialect(reader) })
  const commits = new GroupCommit(writer, new Kysely<Schema>({ dialect: bunSqliteDialect(writer) }), log, changes)
  return {
    db,
    prepare<Parameters extends object, Row>(build: PreparedBuild<Parameters, Row>, { hot = false } = {}) {
      const { text, bind } = compilePrepared(db, build)
      const statement = reader.query<Row, SQLQueryBindings[]>(text)
      const bindings = (parameters: Parameters) => bind(parameters) as SQLQueryBindings[]
      if (!hot) return (parameters: Parameters) => statement.all(...bindings(parameters))
      const remembered = new Remembered<Row>(changes)
      return (parameters: Parameters) => {
        const values = bindings(parameters)
        return remembered.answer(values, () => statement.all(...values))
      }
    },
    write: (work, options) => commits.run(work, options?.durable ?? true),
    snapshot: work => readOneMoment(file, work),
    moment: () => changes.value(),
    async close() {
      await commits.idle()
      await log.close()
      reader.close()
      writer.close()
    },
  }
}

/** A connection of its own: what is begun on the shared one would be seen by every other reader. */
async function readOneMoment<Result>(file: string, work: (queries: Queries) => Promise<Result>): Promise<Result> {
  const reader = connect(file)
  try {
    reader.run('pragma query_only = on')
    reader.run('begin')
    // The moment is that of the first read.
    reader.query('select count(*) from sqlite_schema').get()
    return await work(new Kysely<Schema>({ dialect: bunSqliteDialect(reader) }))
  } finally {
    reader.close()
  }
}

function connect(file: string): Database {
  const database = new Database(file, { create: true, readwrite: true })
  database.run(`pragma busy_timeout = ${READER_BUSY_MS}`)
  database.run('pragma foreign_keys = on')
  database.run('pragma cache_size = -8000')
  return database
}
