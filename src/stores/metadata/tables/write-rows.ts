import { sql } from 'kysely'
import type { Queries } from '../engine.ts'
import { isPostgres } from '../refuse-changes.ts'
import type { Row, Table } from './table.ts'

export interface RowChanges {
  readonly remove: readonly Row[]
  readonly update: readonly Row[]
  readonly insert: readonly Row[]
}

/** What goes, goes first: another row may be about to take its place. */
export async function writeRows(queries: Queries, table: Table, changes: RowChanges): Promise<void> {
  if (changes.remove.length > 0) await removeRows(queries, table, changes.remove)
  for (const row of changes.update) await updateRow(queries, table, row)
  if (changes.insert.length > 0) await insertRows(queries, table, changes.insert)
}

async function removeRows(queries: Queries, { name, key, pointedAtBy = [] }: Table, rows: readonly Row[]) {
  for (const child of pointedAtBy) {
    const ids = sql.join(rows.map(row => row.id))
    await sql`delete from ${sql.table(child)} where repository_id in (${ids})`.execute(queries)
  }
  for (const row of rows) await sql`delete from ${sql.table(name)} where ${isRow(key, row)}`.execute(queries)
}

async function updateRow(queries: Queries, { name, key, columns, wide }: Table, row: Row): Promise<void> {
  const changed = [...columns, ...(wide ? [wide] : [])].map(column => sql`${sql.ref(column)} = ${row[column]}`)
  await sql`update ${sql.table(name)} set ${sql.join(changed)} where ${isRow(key, row)}`.execute(queries)
}

async function insertRows(queries: Queries, { name, key, columns, wide }: Table, rows: readonly Row[]): Promise<void> {
  const all = [...key, ...columns, ...(wide ? [wide] : [])]
  // Ids that PostgreSQL would give out itself are kept.
  const overriding = isPostgres(queries) && key[0] === 'id' ? sql`overriding system value` : sql``
  const values = rows.map(row => sql`(${sql.join(all.map(column => row[column]))})`)
  await sql`insert into ${sql.table(name)} (${sql.join(all.map(column => sql.ref(column)))}) ${overriding}
    values ${sql.join(values)}`.execute(queries)
}

function isRow(key: readonly string[], row: Row) {
  return sql.join(
    key.map(column => sql`${sql.ref(column)} = ${row[column]}`),
    sql` and `,
  )
}
