import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type postgres from 'postgres'

/** Runs one statement, wherever that is. */
export type Run = (text: string, parameters: readonly unknown[]) => Promise<postgres.RowList<readonly postgres.Row[]>>

/**
 * Kysely over whatever runs statements; transactions are the engine's business. Not by a connection that is reserved:
 * postgres.js 3.4 takes one that broke while it was reserved back as if it were whole, and the next statement on it
 * waits for ever.
 */
export function postgresDialect(run: Run): Dialect {
  const connection = connectionOver(run)
  const refuse = async () => {
    throw new Error('Transactions are run by the engine.')
  }
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => ({
      init: async () => undefined,
      acquireConnection: async () => connection,
      beginTransaction: refuse,
      commitTransaction: refuse,
      rollbackTransaction: refuse,
      releaseConnection: async () => undefined,
      destroy: async () => undefined,
    }),
    createIntrospector: db => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

const CHANGES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

function connectionOver(run: Run): DatabaseConnection {
  return {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const result = await run(sql, parameters)
      const rows = [...result] as Row[]
      return CHANGES.has(result.command) ? { rows, numAffectedRows: BigInt(result.count ?? 0) } : { rows }
    },
    streamQuery() {
      throw new Error('Rows are read in pages.')
    },
  }
}
