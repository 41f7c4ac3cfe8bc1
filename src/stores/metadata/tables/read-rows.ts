import { sql } from 'kysely'
import type { Queries } from '../engine.ts'
import { TABLES } from './copied-tables.ts'
import type { Row, Table, TableName } from './table.ts'

/** Whole tables, row by row in the order of their keys. */
export interface TableRows {
  /** Without what is wide, unless it comes at no cost. */
  rows(table: TableName): AsyncIterable<Row>
  /** The same rows, with what is wide. */
  whole(table: TableName, rows: readonly Row[]): Promise<readonly Row[]>
}

const PAGE = 1000

export function tableRows(queries: Queries): TableRows {
  return {
    rows: name => readRows(queries, TABLES[name]),
    whole: (name, rows) => readWide(queries, TABLES[name], rows),
  }
}

async function* readRows(queries: Queries, table: Table): AsyncGenerator<Row> {
  let after: Row | undefined
  do {
    const page = await readPage(queries, table, after)
    yield* page
    after = page.length === PAGE ? page.at(-1) : undefined
  } while (after)
}

async function readPage(queries: Queries, table: Table, after: Row | undefined): Promise<readonly Row[]> {
  const { key, columns, own = [] } = table
  const keys = sql.join(key.map(column => sql.ref(column)))
  const from = after ? sql`where (${keys}) > (${sql.join(key.map(column => after[column]))})` : sql``
  const { rows } = await sql<Row>`
    select ${sql.join([...key, ...columns, ...own].map(column => sql.ref(column)))} from ${sql.table(table.name)}
    ${from} order by ${keys} limit ${PAGE}`.execute(queries)
  return rows
}

async function readWide(queries: Queries, { name, key, wide }: Table, rows: readonly Row[]): Promise<readonly Row[]> {
  const [id = ''] = key
  if (wide === undefined || rows.length === 0 || rows.every(row => wide in row)) return rows
  const found = await sql<Row>`
    select ${sql.ref(id)}, ${sql.ref(wide)} from ${sql.table(name)}
    where ${sql.ref(id)} in (${sql.join(rows.map(row => row[id]))})`.execute(queries)
  const byId = new Map(found.rows.map(row => [row[id], row]))
  return rows.map(row => ({ ...row, ...byId.get(row[id] ?? null) }))
}
