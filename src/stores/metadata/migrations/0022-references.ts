import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/**
 * What manifests name, as SQLite keeps it: in the order of its key and nowhere else, so that what one manifest names, or
 * all of a repository, is read in one piece, and a push writes one row less. PostgreSQL has no such tables.
 */
export const references: Migration = {
  async up(db) {
    if (columnTypes(db).isPostgres) return
    const indexes = await indexesOf(db)
    await sql`create table manifest_references_by_key (
      repository_id bigint not null, manifest text not null, target text not null, kind text not null, size_bytes bigint,
      constraint manifest_references_key primary key (repository_id, manifest, target, kind)) without rowid`.execute(db)
    await sql`insert into manifest_references_by_key
      select repository_id, manifest, target, kind, size_bytes from manifest_references
      order by repository_id, manifest, target, kind`.execute(db)
    await sql`drop table manifest_references`.execute(db)
    await sql`alter table manifest_references_by_key rename to manifest_references`.execute(db)
    for (const statement of indexes) await sql.raw(statement).execute(db)
  },
}

async function indexesOf(db: Kysely<unknown>): Promise<readonly string[]> {
  const { rows } = await sql<{ sql: string }>`select sql from sqlite_schema
    where tbl_name = 'manifest_references' and type in ('index', 'trigger') and sql is not null`.execute(db)
  return rows.map(row => row.sql)
}
