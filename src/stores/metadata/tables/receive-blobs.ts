import type { Digest } from '../../../oci/index.ts'
import type { Engine, Queries } from '../engine.ts'
import type { Schema } from '../schema.ts'
import { TABLES } from './copied-tables.ts'
import { differs, mergeRows } from './merge-rows.ts'
import { tableRows } from './read-rows.ts'
import type { Row } from './table.ts'

export type BlobRecord = Schema['blobs']

/** A blob whose bytes lie in this registry's own storage, by an upload that ends with it. */
export interface AdoptedBlob {
  readonly uploadId: string
  readonly record: Omit<BlobRecord, 'storage_key'>
  readonly storageKey: string
  readonly leftovers: readonly { readonly storageKey: string; readonly sizeBytes: number }[]
  readonly now: number
}

/** How the blobs of another registry, in order of their digests, come into this one. */
export interface BlobIntake {
  /** What this registry does not have, or has not undamaged. Nothing is changed. */
  missing(source: AsyncIterable<Row>): AsyncGenerator<BlobRecord>
  /** Records the stored object and ends the upload, in one. */
  adopt(blob: AdoptedBlob): Promise<void>
  /** Makes all else the same: takes over what is known of each blob, drops those that the source has no more. */
  settle(source: AsyncIterable<Row>, now: number): Promise<void>
}

export function createBlobIntake(engine: Engine): BlobIntake {
  const { key, columns } = TABLES.blobs
  const pairs = (source: AsyncIterable<Row>) => mergeRows(source, tableRows(engine.db).rows('blobs'), key)
  const forgettable = { durable: false }
  return {
    async *missing(source) {
      for await (const { source: theirs, target: ours } of pairs(source)) {
        if (theirs?.state === 'stored' && ours?.state !== 'stored') yield theirs as unknown as BlobRecord
      }
    },
    adopt: blob => engine.write(queries => adopt(queries, blob), forgettable),
    async settle(source, now) {
      for await (const { source: theirs, target: ours } of pairs(source)) {
        if (ours && theirs?.state !== 'stored') await engine.write(queries => drop(queries, ours, now), forgettable)
        // Its object, if there is one, stays behind: it is somebody's evidence there.
        if (theirs?.state === 'damaged') await engine.write(queries => put(queries, theirs), forgettable)
        if (theirs?.state === 'stored' && ours?.state === 'stored' && differs(theirs, ours, columns)) {
          const { digest, size_bytes, created_at } = theirs as unknown as BlobRecord
          const update = { size_bytes, created_at }
          await engine.write(async queries => {
            await queries.updateTable('blobs').set(update).where('digest', '=', digest).execute()
          }, forgettable)
        }
      }
    },
  }
}

async function adopt(queries: Queries, { uploadId, record, storageKey, leftovers, now }: AdoptedBlob): Promise<void> {
  const { digest, size_bytes, state, created_at } = record
  await queries.deleteFrom('uploads').where('id', '=', uploadId).execute()
  for (const each of leftovers) await condemn(queries, { ...each, digest, now, reason: 'piece' })
  const blob = { digest, size_bytes, state, created_at, storage_key: storageKey }
  await queries
    .insertInto('blobs')
    .values(blob)
    .onConflict(conflict => conflict.column('digest').doUpdateSet(blob))
    .execute()
}

async function drop(queries: Queries, row: Row, now: number): Promise<void> {
  const { digest, storage_key: storageKey, size_bytes: sizeBytes, state } = row as unknown as BlobRecord
  await queries.deleteFrom('blobs').where('digest', '=', digest).execute()
  if (state === 'stored') await condemn(queries, { storageKey, digest, sizeBytes, now, reason: 'unreferenced' })
}

async function put(queries: Queries, row: Row): Promise<void> {
  const { digest, size_bytes, state, created_at, storage_key } = row as unknown as BlobRecord
  await queries.insertInto('blobs').values({ digest, size_bytes, state, created_at, storage_key }).execute()
}

async function condemn(
  queries: Queries,
  object: { storageKey: string; digest: Digest; sizeBytes: number; now: number; reason: string },
): Promise<void> {
  await queries
    .insertInto('condemned_objects')
    .values({
      storage_key: object.storageKey,
      digest: object.digest,
      size_bytes: object.sizeBytes,
      condemned_at: object.now,
      reason: object.reason,
    })
    .onConflict(conflict => conflict.column('storage_key').doNothing())
    .execute()
}
