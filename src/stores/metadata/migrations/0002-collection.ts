import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/**
 * Garbage collection looks only at what changed: candidates are written by the change itself. What was there
 * before this version is queued once.
 */
export const collection: Migration = {
  async up(db) {
    const { text } = columnTypes(db)
    await db.schema
      .createTable('collection_candidates')
      .addColumn('repository_id', 'bigint', column => column.notNull())
      .addColumn('digest', text, column => column.notNull())
      .addColumn('kind', text, column => column.notNull())
      .addColumn('since', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('collection_candidates_key', ['repository_id', 'digest', 'kind'])
      .execute()
    await db.schema
      .createIndex('collection_candidates_by_age')
      .on('collection_candidates')
      .columns(['kind', 'since', 'repository_id', 'digest'])
      .execute()
    await db.schema
      .createTable('condemned_objects')
      .addColumn('storage_key', text, column => column.primaryKey())
      .addColumn('digest', text, column => column.notNull())
      .addColumn('size_bytes', 'bigint', column => column.notNull())
      .addColumn('condemned_at', 'bigint', column => column.notNull())
      .addColumn('reason', text, column => column.notNull())
      .execute()
    await sql`insert into collection_candidates (repository_id, digest, kind, since)
      select repository_id, digest, 'blob', linked_at from repository_blobs`.execute(db)
    await sql`insert into collection_candidates (repository_id, digest, kind, since)
      select repository_id, digest, 'manifest', pushed_at from manifests`.execute(db)
  },
}
