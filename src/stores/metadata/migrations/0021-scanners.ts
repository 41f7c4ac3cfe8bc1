import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/** Other scanners, what they are asked and what they found. */
export const scanners: Migration = {
  async up(db) {
    const { id, text } = columnTypes(db)
    await db.schema
      .createTable('scanners')
      .addColumn('id', id.type, id.build)
      .addColumn('name', text, column => column.notNull().unique())
      .addColumn('url', text, column => column.notNull())
      .addColumn('authorization', text)
      .addColumn('is_automatic', 'integer', column => column.notNull())
      .addColumn('vendor', text)
      .addColumn('version', text)
      .addColumn('consumes', text, column => column.notNull())
      .addColumn('produces', text, column => column.notNull())
      .addColumn('seen', 'bigint', column => column.notNull())
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addColumn('created_by', text, column => column.notNull())
      .execute()
    await db.schema
      .createTable('scanner_requests')
      .addColumn('id', id.type, id.build)
      .addColumn('scanner_id', 'bigint', column => column.notNull().references('scanners.id').onDelete('cascade'))
      .addColumn('repository_id', 'bigint', column => column.notNull())
      .addColumn('digest', text, column => column.notNull())
      .addColumn('media_type', text, column => column.notNull())
      .addColumn('request', text)
      .addColumn('due_at', 'bigint')
      .addColumn('attempts', 'integer', column => column.notNull())
      .addColumn('problem', text)
      .addColumn('asked_at', 'bigint', column => column.notNull())
      .addColumn('asked_by', text, column => column.notNull())
      .addUniqueConstraint('scanner_requests_key', ['scanner_id', 'repository_id', 'digest'])
      .addForeignKeyConstraint(
        'scanner_requests_manifest',
        ['repository_id', 'digest'],
        'manifests',
        ['repository_id', 'digest'],
        constraint => constraint.onDelete('cascade'),
      )
      .execute()
    await db.schema
      .createIndex('scanner_requests_due')
      .on('scanner_requests')
      .columns(['due_at', 'id'])
      .where(sql.ref('due_at'), 'is not', null)
      .execute()
    await db.schema
      .createTable('scan_reports')
      .addColumn('id', text, column => column.primaryKey())
      .addColumn('repository_id', 'bigint', column => column.notNull())
      .addColumn('digest', text, column => column.notNull())
      .addColumn('scanner', text, column => column.notNull())
      .addColumn('version', text)
      .addColumn('format', text, column => column.notNull())
      .addColumn('findings', 'integer', column => column.notNull())
      .addColumn('made_at', 'bigint')
      .addColumn('received_at', 'bigint', column => column.notNull())
      .addColumn('received_by', text, column => column.notNull())
      .addUniqueConstraint('scan_reports_key', ['repository_id', 'digest', 'scanner'])
      .addForeignKeyConstraint(
        'scan_reports_manifest',
        ['repository_id', 'digest'],
        'manifests',
        ['repository_id', 'digest'],
        constraint => constraint.onDelete('cascade'),
      )
      .execute()
    await db.schema.createIndex('scan_reports_by_age').on('scan_reports').columns(['received_at', 'id']).execute()
    await db.schema
      .createTable('scan_report_findings')
      .addColumn('report_id', text, column => column.notNull().references('scan_reports.id').onDelete('cascade'))
      .addColumn('position', 'integer', column => column.notNull())
      .addColumn('vulnerability', text, column => column.notNull())
      .addColumn('package', text, column => column.notNull())
      .addColumn('version', text, column => column.notNull())
      .addColumn('fixed_in', text)
      .addColumn('severity', text, column => column.notNull())
      .addPrimaryKeyConstraint('scan_report_findings_key', ['report_id', 'position'])
      .execute()
  },
}
