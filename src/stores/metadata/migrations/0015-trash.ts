import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/** What was deleted and can be restored, and what must stay for that. */
export const trash: Migration = {
  async up(db) {
    const { text, bytes } = columnTypes(db)
    await db.schema.alterTable('projects').addColumn('trash_days', 'bigint').execute()
    await db.schema
      .createTable('trash')
      .addColumn('id', text, column => column.primaryKey())
      .addColumn('repository_id', 'bigint', column => column.notNull().references('repositories.id'))
      .addColumn('kind', text, column => column.notNull())
      .addColumn('digest', text, column => column.notNull())
      .addColumn('tags', text, column => column.notNull())
      .addColumn('labels', text)
      .addColumn('media_type', text)
      .addColumn('artifact_type', text)
      .addColumn('subject', text)
      .addColumn('annotations', text)
      .addColumn('size_bytes', 'bigint')
      .addColumn('pushed_at', 'bigint')
      .addColumn('state', text)
      .addColumn('bytes', bytes)
      .addColumn('deletion', text, column => column.notNull())
      .addColumn('deleted_at', 'bigint', column => column.notNull())
      .addColumn('expires_at', 'bigint', column => column.notNull())
      .addColumn('deleted_by', text, column => column.notNull())
      .addColumn('rule', text)
      .execute()
    await db.schema.createIndex('trash_by_expiry').on('trash').columns(['expires_at', 'id']).execute()
    await db.schema.createIndex('trash_by_repository').on('trash').columns(['repository_id', 'id']).execute()
    await db.schema.createIndex('trash_by_digest').on('trash').columns(['digest', 'repository_id']).execute()
    await db.schema.createIndex('trash_by_deletion').on('trash').columns(['deletion', 'id']).execute()
    await db.schema
      .createTable('trash_references')
      .addColumn('trash_id', text, column => column.notNull())
      .addColumn('target', text, column => column.notNull())
      .addColumn('kind', text, column => column.notNull())
      .addColumn('repository_id', 'bigint', column => column.notNull())
      .addColumn('is_held', 'integer', column => column.notNull())
      .addPrimaryKeyConstraint('trash_references_key', ['trash_id', 'target', 'kind'])
      .execute()
    await db.schema
      .createIndex('trash_references_by_target')
      .on('trash_references')
      .columns(['target', 'kind', 'repository_id'])
      .execute()
  },
}
