import type { Bucket } from './bucket.ts'
import { PartWriter } from './part-writer.ts'
import { steadyRead } from './steady-read.ts'

/** The bytes of an object, read again where a connection breaks; undefined when there is none. */
export async function readObject(bucket: Bucket, key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const sizeBytes = await bucket.size(key)
  if (sizeBytes === undefined) return undefined
  if (sizeBytes === 0) return new Blob().stream()
  const found = await bucket.get(key)
  return found && steadyRead(bucket, key, { from: 0, to: sizeBytes - 1 }, found)
}

/** Writes an object of any length, with the memory of a few parts. When `bytes` fail there is no object. */
export async function writeObject(bucket: Bucket, key: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = bytes[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  for (let length = 0; length < bucket.leastPartBytes; ) {
    const { done, value } = await iterator.next()
    if (done) return bucket.put(key, Buffer.concat(first))
    first.push(value)
    length += value.length
  }
  const target = { key, undertaking: await bucket.beginParts(key) }
  try {
    const writer = new PartWriter(bucket, { ...target, names: [], sizeBytes: 0, sealed: false }, 0)
    for (const piece of first.splice(0)) await writer.write(piece)
    for await (const piece of { [Symbol.asyncIterator]: () => iterator }) await writer.write(piece)
    const { parts, rest } = await writer.end()
    const names = [...parts.names]
    if (rest.length > 0) names.push(await bucket.putPart(target, names.length + 1, rest))
    await bucket.completeParts(target, names)
  } catch (error) {
    await bucket.abortParts(target)
    throw error
  }
}
