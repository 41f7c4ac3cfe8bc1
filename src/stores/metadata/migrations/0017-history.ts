import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/**
 * What names pointed to: the history of tags, and the former names of repositories and projects. The history of a tag
 * that is there already begins with its next change.
 */
export const history: Migration = {
  async up(db) {
    const { id, text } = columnTypes(db)
    await db.schema
      .createTable('tag_history')
      .addColumn('id', id.type, id.build)
      .addColumn('repository_id', 'bigint', column => column.notNull().references('repositories.id'))
      .addColumn('tag', text, column => column.notNull())
      .addColumn('digest', text)
      .addColumn('number', 'bigint', column => column.notNull())
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('ended_at', 'bigint')
      .addColumn('kind', text, column => column.notNull())
      .addColumn('by', text)
      .addColumn('rule', text)
      .execute()
    await db.schema
      .createIndex('tag_history_by_tag')
      .on('tag_history')
      .columns(['repository_id', 'tag', 'number'])
      .unique()
      .execute()
    await db.schema
      .createIndex('tag_history_by_end')
      .on('tag_history')
      .column('ended_at')
      .where('ended_at', 'is not', null)
      .execute()
    // Of each tag the row that is so now: how often it was changed.
    await db.schema
      .createIndex('tag_history_by_length')
      .on('tag_history')
      .columns(['number', 'id'])
      .where(sql.ref('ended_at'), 'is', null)
      .execute()
    await db.schema
      .createTable('redirects')
      .addColumn('name', text, column => column.primaryKey())
      .addColumn('repository_id', 'bigint', column => column.notNull().references('repositories.id'))
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addColumn('created_by', text, column => column.notNull())
      .execute()
    await db.schema.createIndex('redirects_by_repository').on('redirects').columns(['repository_id', 'name']).execute()
    await db.schema
      .createTable('project_redirects')
      .addColumn('name', text, column => column.primaryKey())
      .addColumn('project_id', 'bigint', column => column.notNull().references('projects.id').onDelete('cascade'))
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addColumn('created_by', text, column => column.notNull())
      .execute()
    await db.schema
      .createIndex('project_redirects_by_project')
      .on('project_redirects')
      .columns(['project_id', 'name'])
      .execute()
  },
}
