import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/** Used ID tokens and sign-ons under way: what all replicas must know of identities that others vouch for. */
export const sources: Migration = {
  async up(db) {
    const { text } = columnTypes(db)
    await db.schema
      .createTable('used_tokens')
      .addColumn('token', text, column => column.primaryKey())
      .addColumn('expires_at', 'bigint', column => column.notNull())
      .execute()
    await db.schema.createIndex('used_tokens_by_expiry').on('used_tokens').column('expires_at').execute()
    await db.schema
      .createTable('pending_sign_ons')
      .addColumn('id', text, column => column.primaryKey())
      .addColumn('content', text, column => column.notNull())
      .addColumn('expires_at', 'bigint', column => column.notNull())
      .execute()
    await db.schema.createIndex('pending_sign_ons_by_expiry').on('pending_sign_ons').column('expires_at').execute()
  },
}
