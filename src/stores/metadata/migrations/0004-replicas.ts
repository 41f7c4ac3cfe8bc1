import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/**
 * What replicas tell each other about an upload: until when a claim holds, what lies in the object storage, and the
 * digest of what was received. From here on the schema says which older Berths may go on serving it.
 */
export const replicas: Migration = {
  async up(db) {
    const { text } = columnTypes(db)
    await db.schema.alterTable('uploads').addColumn('claimed_until', 'bigint').execute()
    await db.schema.alterTable('uploads').addColumn('progress', text).execute()
    await db.schema.alterTable('uploads').addColumn('hashed_bytes', 'bigint').execute()
    await db.schema.alterTable('uploads').addColumn('hashed_digest', text).execute()
    await db.schema.createIndex('blobs_by_storage_key').on('blobs').column('storage_key').execute()
    await db.schema
      .createTable('compatibility')
      .addColumn('one', 'integer', column => column.primaryKey())
      .addColumn('oldest', text, column => column.notNull())
      .execute()
  },
}
