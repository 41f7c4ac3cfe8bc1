import type { Migration } from 'kysely/migration'
import { columnTypes } from './column-types.ts'

/** Repositories, blobs, manifests, tags and uploads. */
export const content: Migration = {
  async up(db) {
    const { id, text, bytes } = columnTypes(db)
    await db.schema
      .createTable('repositories')
      .addColumn('id', id.type, id.build)
      .addColumn('name', text, column => column.notNull().unique())
      .addColumn('created_at', 'bigint', column => column.notNull())
      .execute()
    await db.schema
      .createTable('blobs')
      .addColumn('digest', text, column => column.primaryKey())
      .addColumn('size_bytes', 'bigint', column => column.notNull())
      .addColumn('storage_key', text, column => column.notNull())
      .addColumn('state', text, column => column.notNull())
      .addColumn('created_at', 'bigint', column => column.notNull())
      .execute()
    await db.schema
      .createTable('repository_blobs')
      .addColumn('repository_id', 'bigint', column => column.notNull().references('repositories.id'))
      .addColumn('digest', text, column => column.notNull())
      .addColumn('linked_at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('repository_blobs_key', ['repository_id', 'digest'])
      .execute()
    await db.schema
      .createIndex('repository_blobs_by_digest')
      .on('repository_blobs')
      .columns(['digest', 'repository_id'])
      .execute()
    await db.schema
      .createTable('manifests')
      .addColumn('id', id.type, id.build)
      .addColumn('repository_id', 'bigint', column => column.notNull().references('repositories.id'))
      .addColumn('digest', text, column => column.notNull())
      .addColumn('media_type', text, column => column.notNull())
      .addColumn('artifact_type', text)
      .addColumn('subject', text)
      .addColumn('annotations', text)
      .addColumn('size_bytes', 'bigint', column => column.notNull())
      .addColumn('pushed_at', 'bigint', column => column.notNull())
      .addColumn('state', text, column => column.notNull())
      .addColumn('bytes', bytes, column => column.notNull())
      .addUniqueConstraint('manifests_key', ['repository_id', 'digest'])
      .execute()
    await db.schema
      .createIndex('manifests_by_subject')
      .on('manifests')
      .columns(['repository_id', 'subject', 'digest'])
      .where('subject', 'is not', null)
      .execute()
    await db.schema
      .createTable('manifest_references')
      .addColumn('repository_id', 'bigint', column => column.notNull())
      .addColumn('manifest', text, column => column.notNull())
      .addColumn('target', text, column => column.notNull())
      .addColumn('kind', text, column => column.notNull())
      .addPrimaryKeyConstraint('manifest_references_key', ['repository_id', 'manifest', 'target', 'kind'])
      .execute()
    await db.schema
      .createIndex('manifest_references_by_target')
      .on('manifest_references')
      .columns(['repository_id', 'target', 'kind'])
      .execute()
    await db.schema
      .createTable('tags')
      .addColumn('repository_id', 'bigint', column => column.notNull().references('repositories.id'))
      .addColumn('name', text, column => column.notNull())
      .addColumn('digest', text, column => column.notNull())
      .addColumn('updated_at', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('tags_key', ['repository_id', 'name'])
      .execute()
    await db.schema.createIndex('tags_by_digest').on('tags').columns(['repository_id', 'digest']).execute()
    await db.schema
      .createTable('uploads')
      .addColumn('id', text, column => column.primaryKey())
      .addColumn('repository', text, column => column.notNull())
      .addColumn('principal', text, column => column.notNull())
      .addColumn('algorithm', text, column => column.notNull())
      .addColumn('digest', text)
      .addColumn('started_at', 'bigint', column => column.notNull())
      .addColumn('updated_at', 'bigint', column => column.notNull())
      .addColumn('claim', text)
      .execute()
    await db.schema.createIndex('uploads_by_age').on('uploads').columns(['updated_at', 'id']).execute()
  },
}
