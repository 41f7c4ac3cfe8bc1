import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/** Rules about tags that stay as they are, and locks on images and repositories. */
export const protection: Migration = {
  async up(db) {
    const { id, text } = columnTypes(db)
    await db.schema
      .createTable('immutability_rules')
      .addColumn('id', id.type, id.build)
      .addColumn('project_id', 'bigint', column => column.references('projects.id').onDelete('cascade'))
      .addColumn('name', text, column => column.notNull())
      .addColumn('repositories', text, column => column.notNull())
      .addColumn('except_repositories', text, column => column.notNull())
      .addColumn('tags', text, column => column.notNull())
      .addColumn('except_tags', text, column => column.notNull())
      .addColumn('immutable_for_days', 'bigint')
      .addColumn('afterwards', text, column => column.notNull())
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addColumn('created_by', text, column => column.notNull())
      .addUniqueConstraint('immutability_rules_by_name', ['project_id', 'name'])
      .execute()
    await db.schema
      .createTable('locks')
      .addColumn('repository_id', 'bigint', column =>
        column.notNull().references('repositories.id').onDelete('cascade'),
      )
      .addColumn('digest', text, column => column.notNull())
      .addColumn('kind', text, column => column.notNull())
      .addColumn('reason', text, column => column.notNull())
      .addColumn('locked_by', text, column => column.notNull())
      .addColumn('locked_at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('locks_key', ['repository_id', 'digest', 'kind'])
      .execute()
  },
}
