import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { Digest } from '../../oci/index.ts'
import type { Engine } from './engine.ts'
import type { Schema } from './schema.ts'

export interface CondemnedObject {
  readonly storageKey: string
  readonly digest: Digest
  readonly sizeBytes: number
  readonly condemnedAt: number
}

/** Stored objects on their way out. */
export interface CondemnedObjects {
  /** Those that were durably condemned at `before` or earlier, by storage key. */
  list(page: { before: number; after?: string; limit: number }): Promise<readonly CondemnedObject[]>
  /** After the object was removed from the store. */
  forget(storageKeys: readonly string[]): Promise<void>
}

export interface StaleUpload {
  readonly id: string
  readonly digest: Digest | null
}

/** Sessions that nobody wrote to for long. */
export interface StaleUploads {
  list(page: { before: number; now: number; after?: string; limit: number }): Promise<readonly StaleUpload[]>
  /** Takes the session out of reach; false when somebody writes to it after all. */
  take(upload: { id: string; claim: string; before: number; now: number; until: number }): Promise<boolean>
  /** After its bytes were removed from the store. */
  remove(id: string): Promise<void>
}

export function createCondemnedObjects(engine: Engine): CondemnedObjects {
  return {
    async list({ before, after, limit }) {
      const rows = await engine.db
        .selectFrom('condemned_objects')
        .selectAll()
        .where('condemned_at', '<=', before)
        .$if(after !== undefined, query => query.where('storage_key', '>', after ?? ''))
        .orderBy('storage_key')
        .limit(limit)
        .execute()
      // A reader may see what is not durable yet. Bytes are removed only for what no power cut can take back.
      if (rows.length > 0) await engine.write(async () => undefined)
      return rows.map(row => ({
        storageKey: row.storage_key,
        digest: row.digest,
        sizeBytes: row.size_bytes,
        condemnedAt: row.condemned_at,
      }))
    },
    forget: storageKeys =>
      engine.write(
        async queries => {
          await queries.deleteFrom('condemned_objects').where('storage_key', 'in', storageKeys).execute()
        },
        // Lost to a power cut, the removal is only tried again.
        { durable: false },
      ),
  }
}

export function createStaleUploads(engine: Engine): StaleUploads {
  return {
    list: ({ before, now, after, limit }) =>
      engine.db
        .selectFrom('uploads')
        .select(['id', 'digest'])
        .where('updated_at', '<=', before)
        .where(isFree(now))
        .$if(after !== undefined, query => query.where('id', '>', after ?? ''))
        .orderBy('id')
        .limit(limit)
        .execute(),
    take: ({ id, claim, before, now, until }) =>
      engine.write(async queries => {
        const { numUpdatedRows } = await queries
          .updateTable('uploads')
          .set({ claim, claimed_until: until, updated_at: now })
          .where('id', '=', id)
          .where(isFree(now))
          .where('updated_at', '<=', before)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
    remove: id =>
      engine.write(
        async queries => {
          await queries.deleteFrom('uploads').where('id', '=', id).execute()
        },
        { durable: false },
      ),
  }
}

/** No request has it, or none that is alive. */
function isFree(now: number): (builder: ExpressionBuilder<Schema, 'uploads'>) => Expression<SqlBool> {
  return ({ eb, or }) => or([eb('claim', 'is', null), eb('claimed_until', '<=', now)])
}
