import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/** Which storage the blobs that are recorded here lie in: one row at most. */
export const storage: Migration = {
  async up(db) {
    const { text } = columnTypes(db)
    await db.schema
      .createTable('storage')
      .addColumn('one', 'integer', column => column.primaryKey())
      .addColumn('id', text, column => column.notNull())
      .execute()
  },
}
