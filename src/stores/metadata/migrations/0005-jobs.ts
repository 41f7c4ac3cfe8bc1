import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/**
 * Recurring jobs, of which one process at a time holds the lease. On SQLite also the jobs that changes ask for; on
 * PostgreSQL those are pg-boss's, in a schema of its own (decisions/0008).
 */
export const jobs: Migration = {
  async up(db) {
    const { id, text, isPostgres } = columnTypes(db)
    await db.schema
      .createTable('recurring_jobs')
      .addColumn('name', text, column => column.primaryKey())
      .addColumn('ended_at', 'bigint', column => column.notNull())
      .addColumn('holder', text)
      .addColumn('lease_until', 'bigint', column => column.notNull())
      .execute()
    if (isPostgres) return
    await db.schema
      .createTable('jobs')
      .addColumn('id', id.type, id.build)
      .addColumn('name', text, column => column.notNull())
      .addColumn('data', text, column => column.notNull())
      .addColumn('state', text, column => column.notNull())
      .addColumn('attempts', 'integer', column => column.notNull())
      .addColumn('run_at', 'bigint', column => column.notNull())
      .addColumn('holder', text)
      .addColumn('error', text)
      .addColumn('finished_at', 'bigint')
      .execute()
    await db.schema.createIndex('jobs_by_turn').on('jobs').columns(['name', 'state', 'run_at', 'id']).execute()
    await db.schema
      .createIndex('jobs_by_end')
      .on('jobs')
      .column('finished_at')
      .where('finished_at', 'is not', null)
      .execute()
  },
}
