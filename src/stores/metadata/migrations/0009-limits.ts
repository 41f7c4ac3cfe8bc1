import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/** Rate limits that replicas share, and attempts to sign in. */
export const limits: Migration = {
  async up(db) {
    const { text } = columnTypes(db)
    await db.schema
      .createTable('rate_windows')
      .addColumn('bucket', text, column => column.primaryKey())
      .addColumn('started_at', 'bigint', column => column.notNull())
      .addColumn('ends_at', 'bigint', column => column.notNull())
      .addColumn('granted', 'bigint', column => column.notNull())
      .execute()
    await db.schema.createIndex('rate_windows_by_end').on('rate_windows').column('ends_at').execute()
    await db.schema
      .createTable('sign_in_records')
      .addColumn('subject', text, column => column.primaryKey())
      .addColumn('failures', 'bigint', column => column.notNull())
      .addColumn('failed_at', 'bigint', column => column.notNull())
      .addColumn('blocked_until', 'bigint', column => column.notNull())
      .addColumn('succeeded_at', 'bigint')
      .addColumn('forgotten_at', 'bigint', column => column.notNull())
      .execute()
    await db.schema.createIndex('sign_in_records_by_end').on('sign_in_records').column('forgotten_at').execute()
  },
}
