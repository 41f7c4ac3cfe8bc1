import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/** What images hold. What was there before is read once, in the order in which it was pushed. */
export const inventories: Migration = {
  async up(db) {
    const { id, text } = columnTypes(db)
    await db.schema
      .createTable('packages')
      .addColumn('id', id.type, id.build)
      .addColumn('identity', text, column => column.notNull().unique())
      .addColumn('ecosystem', text, column => column.notNull())
      .addColumn('name', text, column => column.notNull())
      .addColumn('short_name', text)
      .addColumn('version', text, column => column.notNull())
      .addColumn('source_name', text)
      .addColumn('source_version', text)
      .addColumn('purl', text, column => column.notNull())
      .addColumn('licences', text, column => column.notNull())
      .addColumn('matched_at', 'bigint')
      .execute()
    await db.schema.createIndex('packages_by_name').on('packages').columns(['name', 'ecosystem', 'id']).execute()
    await db.schema
      .createIndex('packages_by_source')
      .on('packages')
      .columns(['source_name', 'ecosystem', 'id'])
      .where(sql.ref('source_name'), 'is not', null)
      .execute()
    await db.schema
      .createIndex('packages_by_short_name')
      .on('packages')
      .columns(['short_name', 'ecosystem', 'id'])
      .where(sql.ref('short_name'), 'is not', null)
      .execute()
    await db.schema
      .createIndex('packages_unmatched')
      .on('packages')
      .column('id')
      .where(sql.ref('matched_at'), 'is', null)
      .execute()
    await db.schema
      .createTable('inventories')
      .addColumn('id', id.type, id.build)
      .addColumn('digest', text, column => column.notNull().unique())
      .addColumn('state', text, column => column.notNull())
      .addColumn('due_at', 'bigint')
      .addColumn('attempts', 'integer', column => column.notNull())
      .addColumn('started_at', 'bigint')
      .addColumn('read_bytes', 'bigint')
      .addColumn('total_bytes', 'bigint')
      .addColumn('made_at', 'bigint')
      .addColumn('made_by', text)
      .addColumn('about', text)
      .addColumn('distribution', text)
      .addColumn('layers', text, column => column.notNull())
      .addColumn('problems', text, column => column.notNull())
      .addColumn('reason', text)
      .execute()
    await db.schema
      .createIndex('inventories_due')
      .on('inventories')
      .columns(['due_at', 'id'])
      .where(sql.ref('due_at'), 'is not', null)
      .execute()
    await db.schema
      .createIndex('inventories_about')
      .on('inventories')
      .column('about')
      .where(sql.ref('about'), 'is not', null)
      .execute()
    await db.schema
      .createTable('inventory_packages')
      .addColumn('inventory_id', 'bigint', column => column.notNull().references('inventories.id').onDelete('cascade'))
      .addColumn('position', 'integer', column => column.notNull())
      .addColumn('package_id', 'bigint', column => column.notNull().references('packages.id').onDelete('cascade'))
      .addColumn('layer', 'integer')
      .addColumn('path', text, column => column.notNull())
      .addPrimaryKeyConstraint('inventory_packages_key', ['inventory_id', 'position'])
      .execute()
    await db.schema
      .createIndex('inventory_packages_by_package')
      .on('inventory_packages')
      .columns(['package_id', 'inventory_id'])
      .execute()
    // Which repositories hold an image that holds a package.
    await db.schema.createIndex('manifests_by_digest').on('manifests').columns(['digest', 'repository_id']).execute()
    await sql`insert into inventories (digest, state, due_at, attempts, layers, problems)
      select digest, 'waiting', min(pushed_at), 0, '[]', '[]' from manifests
        where described_at is not null group by digest`.execute(db)
  },
}
