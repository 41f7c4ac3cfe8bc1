import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * What rules of retention read of a whole repository, in the order in which they read it: its tags image by image, and
 * which manifest is part of which index, and how large what a manifest names is (of rows from before, the blobs tell). And
 * since when pulls are recorded: before that, nobody knows.
 */
export const retention: Migration = {
  async up(db) {
    await db.schema.dropIndex('tags_by_digest').execute()
    await db.schema
      .createIndex('tags_by_digest')
      .on('tags')
      .columns(['repository_id', 'digest', 'name', 'updated_at'])
      .execute()
    await db.schema
      .createIndex('manifest_references_of_indexes')
      .on('manifest_references')
      .columns(['repository_id', 'target', 'manifest'])
      .where(sql.ref('kind'), '=', sql.lit('manifest'))
      .execute()
    await db.schema.alterTable('manifest_references').addColumn('size_bytes', 'bigint').execute()
    await db.schema
      .createTable('pull_records')
      .addColumn('one', 'integer', column => column.primaryKey().check(sql`one = 1`))
      .addColumn('since', 'bigint', column => column.notNull())
      .execute()
    await sql`insert into pull_records (one, since) values (1, ${sql.lit(Date.now())})`.execute(db)
  },
}
