import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/** What the log is searched by. Each index ends with what results are ordered by, and has the time to be narrowed by. */
const SEARCHED = ['actor_id', 'actor_name', 'project', 'repository', 'digest', 'address', 'type'] as const

/** The audit log: entries as changes write them, and the chain that they are sealed into (decisions/0010). */
export const audit: Migration = {
  async up(db) {
    const { id, text } = columnTypes(db)
    await db.schema
      .createTable('audit_inbox')
      .addColumn('id', id.type, id.build)
      .addColumn('entry_id', text, column => column.notNull())
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('entry', text, column => column.notNull())
      .execute()
    await createRecords(db)
    await db.schema
      .createTable('audit_head')
      .addColumn('one', 'integer', column => column.primaryKey())
      .addColumn('sequence', 'bigint', column => column.notNull())
      .addColumn('hash', text, column => column.notNull())
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('newest_at', 'bigint', column => column.notNull())
      .addColumn('lateness_ms', 'bigint', column => column.notNull())
      .execute()
    await db.schema
      .createTable('audit_checkpoints')
      .addColumn('sequence', sequenceType(db), column => column.primaryKey())
      .addColumn('hash', text, column => column.notNull())
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('key_id', text, column => column.notNull())
      .addColumn('signature', text, column => column.notNull())
      .execute()
    await db.schema
      .createTable('audit_sinks')
      .addColumn('name', text, column => column.primaryKey())
      .addColumn('cursor', 'bigint', column => column.notNull())
      .addColumn('updated_at', 'bigint', column => column.notNull())
      .execute()
  },
}

async function createRecords(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('audit_records')
    .addColumn('sequence', sequenceType(db), column => column.primaryKey())
    .addColumn('id', text, column => column.notNull())
    .addColumn('at', 'bigint', column => column.notNull())
    .addColumn('type', text, column => column.notNull())
    .addColumn('category', text, column => column.notNull())
    .addColumn('outcome', text, column => column.notNull())
    .addColumn('actor_id', text, column => column.notNull())
    .addColumn('actor_name', text, column => column.notNull())
    .addColumn('project', text)
    .addColumn('repository', text)
    .addColumn('digest', text)
    .addColumn('address', text)
    .addColumn('body', text, column => column.notNull())
    .addColumn('hash', text, column => column.notNull())
    .execute()
  for (const column of SEARCHED) {
    await db.schema
      .createIndex(`audit_records_by_${column}`)
      .on('audit_records')
      .columns([column, 'sequence', 'at'])
      .where(column, 'is not', null)
      .execute()
  }
  await db.schema
    .createIndex('audit_records_refused')
    .on('audit_records')
    .columns(['outcome', 'sequence', 'at'])
    .where('outcome', '<>', 'success')
    .execute()
  await db.schema.createIndex('audit_records_by_time').on('audit_records').columns(['at', 'sequence']).execute()
}

/** SQLite keeps rows in the order of a key only if that is called "integer". */
function sequenceType(db: Kysely<unknown>) {
  return columnTypes(db).isPostgres ? sql`bigint` : sql`integer`
}
