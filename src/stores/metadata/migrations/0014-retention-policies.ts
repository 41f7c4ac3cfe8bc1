import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/** Retention policies of projects, what their runs did, and when images were last pulled. */
export const retentionPolicies: Migration = {
  async up(db) {
    const { text } = columnTypes(db)
    await db.schema
      .createTable('last_pulls')
      .addColumn('repository_id', 'bigint', column => column.notNull())
      .addColumn('digest', text, column => column.notNull())
      .addColumn('pulled_at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('last_pulls_key', ['repository_id', 'digest'])
      .addForeignKeyConstraint(
        'last_pulls_manifest',
        ['repository_id', 'digest'],
        'manifests',
        ['repository_id', 'digest'],
        constraint => constraint.onDelete('cascade'),
      )
      .execute()
    await db.schema
      .createTable('retention_policies')
      .addColumn('project_id', 'bigint', column => column.primaryKey().references('projects.id').onDelete('cascade'))
      .addColumn('document', text, column => column.notNull())
      .addColumn('schedule', text)
      .addColumn('next_run_at', 'bigint')
      .addColumn('updated_at', 'bigint', column => column.notNull())
      .addColumn('updated_by', text, column => column.notNull())
      .execute()
    await db.schema
      .createTable('retention_runs')
      .addColumn('id', text, column => column.primaryKey())
      .addColumn('project_id', 'bigint', column => column.notNull().references('projects.id').onDelete('cascade'))
      .addColumn('is_dry_run', 'integer', column => column.notNull())
      .addColumn('policy', text, column => column.notNull())
      .addColumn('asked_at', 'bigint', column => column.notNull())
      .addColumn('asked_by', text, column => column.notNull())
      .addColumn('attempts', 'integer', column => column.notNull())
      .addColumn('started_at', 'bigint')
      .addColumn('stopped_by', text)
      .addColumn('ended_at', 'bigint')
      .addColumn('outcome', text)
      .addColumn('counts', text, column => column.notNull())
      .addColumn('error', text)
      .execute()
    await db.schema
      .createIndex('retention_runs_by_project')
      .on('retention_runs')
      .columns(['project_id', 'id'])
      .execute()
    // One at a time in a project, whichever replica was asked.
    await db.schema
      .createIndex('retention_runs_under_way')
      .unique()
      .on('retention_runs')
      .column('project_id')
      .where(sql.ref('ended_at'), 'is', null)
      .execute()
    await db.schema
      .createTable('retention_run_items')
      .addColumn('run_id', text, column => column.notNull().references('retention_runs.id').onDelete('cascade'))
      .addColumn('position', 'bigint', column => column.notNull())
      .addColumn('items', text, column => column.notNull())
      .addPrimaryKeyConstraint('retention_run_items_key', ['run_id', 'position'])
      .execute()
  },
}
