import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/** Whether this registry is being moved, was moved, or is what another is moved to: one row at most. */
export const moving: Migration = {
  async up(db) {
    const { text } = columnTypes(db)
    await db.schema
      .createTable('relocation')
      .addColumn('one', 'integer', column => column.primaryKey())
      .addColumn('id', text, column => column.notNull())
      .addColumn('state', text, column => column.notNull())
      .addColumn('peer', text)
      .addColumn('place', text)
      .execute()
  },
}
