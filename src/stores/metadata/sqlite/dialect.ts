import type { Database, SQLQueryBindings } from 'bun:sqlite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'

/** Kysely over one connection of bun:sqlite. Transactions are the engine's business (sqlite-engine.ts). */
export function bunSqliteDialect(database: Database): Dialect {
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => new BunSqliteDriver(database),
    createIntrospector: db => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** SQLite rolls changes of the schema back like any other; Kysely does not count on it. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class BunSqliteDriver implements Driver {
  readonly #connection: DatabaseConnection
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
    this.#connection = new BunSqliteConnection(database)
  }

  async init() {}

  async acquireConnection() {
    return this.#connection
  }

  async beginTransaction() {
    this.#database.run('begin immediate')
  }

  async commitTransaction() {
    this.#database.run('commit')
  }

  async rollbackTransaction() {
    this.#database.run('rollback')
  }

  async releaseConnection() {}

  async destroy() {
    this.#database.close()
  }
}

class BunSqliteConnection implements DatabaseConnection {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const statement = this.#database.query<Row, SQLQueryBindings[]>(query.sql)
    const parameters = query.parameters as SQLQueryBindings[]
    if (statement.columnNames.length > 0) return { rows: statement.all(...parameters) }
    const { changes, lastInsertRowid } = statement.run(...parameters)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  // biome-ignore lint/correctness/useYield: Berth pages by keyset and never streams a result.
  async *streamQuery(): AsyncGenerator<never> {
    throw new Error('Streaming results is not supported: page by keyset.')
  }
}
