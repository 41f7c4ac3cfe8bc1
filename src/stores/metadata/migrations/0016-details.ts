import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/** What images say of themselves, read after their push, and what people say of them: labels. */
export const details: Migration = {
  async up(db) {
    const { text } = columnTypes(db)
    // What was there before has no mark either, and is described once.
    await db.schema.alterTable('manifests').addColumn('described_at', 'bigint').execute()
    await db.schema
      .createIndex('manifests_undescribed')
      .on('manifests')
      .column('id')
      .where(sql.ref('described_at'), 'is', null)
      .execute()
    await db.schema
      .createTable('image_details')
      .addColumn('repository_id', 'bigint', column => column.notNull())
      .addColumn('digest', text, column => column.notNull())
      .addColumn('os', text)
      .addColumn('architecture', text)
      .addColumn('variant', text)
      .addColumn('platforms', text)
      .addColumn('created_at', 'bigint')
      .addColumn('total_bytes', 'bigint')
      .addColumn('labels', text)
      .addPrimaryKeyConstraint('image_details_key', ['repository_id', 'digest'])
      .execute()
    await db.schema
      .createTable('labels')
      .addColumn('repository_id', 'bigint', column => column.notNull())
      .addColumn('digest', text, column => column.notNull())
      .addColumn('key', text, column => column.notNull())
      .addColumn('value', text, column => column.notNull())
      .addColumn('set_at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('labels_key', ['repository_id', 'digest', 'key'])
      .execute()
    await db.schema
      .createIndex('labels_by_value')
      .on('labels')
      .columns(['key', 'value', 'repository_id', 'digest'])
      .execute()
  },
}
