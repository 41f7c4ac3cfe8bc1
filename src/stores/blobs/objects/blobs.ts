import {
  type BlobStore,
  type ByteRange,
  type ObjectBody,
  ObjectFault,
  type QuarantineStore,
  type RedirectStore,
} from '../blob-store.ts'
import type { Bucket } from './bucket.ts'
import { type Layout, uploadIdOf } from './layout.ts'
import { steadyRead } from './steady-read.ts'
import { readObject, writeObject } from './whole-objects.ts'

/** Up to here an object is read at once: an answer from memory has a length, one from a stream has none. */
const SMALL_BYTES = 1 << 20

export function objectBlobs(bucket: Bucket, layout: Layout): BlobStore & QuarantineStore & RedirectStore {
  const pathOf = (key: string) => `${layout.objects}${key}`
  return {
    async read(object, range): Promise<ObjectBody> {
      const path = pathOf(object.storageKey)
      if (object.sizeBytes === 0) {
        const stored = await bucket.size(path)
        if (stored !== 0) throw new ObjectFault(object, stored)
        return new Blob()
      }
      const found = await bucket.get(path, range)
      if (found?.sizeBytes !== object.sizeBytes) {
        await found?.stream.cancel()
        throw new ObjectFault(object, found?.sizeBytes)
      }
      const wanted = range ?? wholeOf(object.sizeBytes)
      const stream = steadyRead(bucket, path, wanted, found)
      return wanted.to - wanted.from < SMALL_BYTES ? new Response(stream).blob() : stream
    },
    size: key => bucket.size(pathOf(key)),
    remove: key => bucket.remove(pathOf(key)),
    async *list() {
      for await (const { key: path, ...rest } of bucket.list(layout.objects)) {
        const key = path.slice(layout.objects.length)
        const uploadId = uploadIdOf(key)
        if (uploadId !== undefined) yield { key, uploadId, ...rest }
      }
    },
    quarantine: key => move(bucket, pathOf(key), `${layout.quarantine}${key}`),
    urlOf: (object, lifetimeSeconds) => bucket.urlOf(pathOf(object.storageKey), lifetimeSeconds),
  }
}

function wholeOf(sizeBytes: number): ByteRange {
  return { from: 0, to: sizeBytes - 1 }
}

/** No store copies every size in one request; this happens to one damaged object at a time. */
async function move(bucket: Bucket, from: string, to: string): Promise<void> {
  const bytes = await readObject(bucket, from)
  if (!bytes) throw new Error(`${from} is not in storage.`)
  await writeObject(bucket, to, bytes)
  await bucket.remove(from)
}
