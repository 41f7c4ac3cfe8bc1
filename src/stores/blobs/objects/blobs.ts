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
import { PartWriter } from './part-writer.ts'
import { steadyRead } from './steady-read.ts'

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
  const sizeBytes = await bucket.size(from)
  if (sizeBytes === undefined) throw new Error(`${from} is not in storage.`)
  if (sizeBytes <= bucket.leastPartBytes) {
    const found = sizeBytes === 0 ? undefined : await bucket.get(from)
    await bucket.put(to, new Uint8Array(found ? await new Response(found.stream).arrayBuffer() : []))
  } else {
    const undertaking = await bucket.beginParts(to)
    const writer = new PartWriter(bucket, { key: to, undertaking, names: [], sizeBytes: 0, sealed: false }, sizeBytes)
    const first = await bucket.get(from)
    if (!first) throw new Error(`${from} is not in storage.`)
    for await (const bytes of steadyRead(bucket, from, wholeOf(sizeBytes), first)) await writer.write(bytes)
    const { parts, rest } = await writer.end()
    if (rest.length > 0) parts.names.push(await bucket.putPart(parts, parts.names.length + 1, rest))
    await bucket.completeParts(parts, parts.names)
  }
  await bucket.remove(from)
}
