import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/**
 * What manifests name, as SQLite keeps it: in the order of its key and nowhere else, so that what one manifest names, or
 * all of a repository, is read in one piece, and a push writes one row less. PostgreSQL has no such tables.
 */
export const references: Migration = {
  async up(db) {
    if (columnTypes(db).isPostgres) return
    await sql`create table manifest_references_by_key (
      repository_id bigint not null, manifest text not null, target text not null, kind text not null, size_bytes bigint,
      constraint manifest_references_key primary key (repository_id, manifest, target, kind)) without rowid`.execute(db)
    await sql`insert into manifest_references_by_key
      select repository_id, manifest, target, kind, size_bytes from manifest_references
      order by repository_id, manifest, target, kind`.execute(db)
    await db.schema.dropTable('manifest_references').execute()
    await db.schema.alterTable('manifest_references_by_key').renameTo('manifest_references').execute()
    // As they were.
    await db.schema
      .createIndex('manifest_references_by_target')
      .on('manifest_references')
      .columns(['repository_id', 'target', 'kind'])
      .execute()
    await db.schema
      .createIndex('manifest_references_of_indexes')
      .on('manifest_references')
      .columns(['repository_id', 'target', 'manifest'])
      .where(sql.ref('kind'), '=', sql.lit('manifest'))
      .execute()
  },
}
