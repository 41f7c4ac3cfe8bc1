import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { type Digest, parseDigest } from '../../oci/index.ts'
import type { BlobStore, Incoming, QuarantineStore, StoredObject, UploadStore } from './blob-store.ts'

export interface OpenedStores extends AsyncDisposable {
  readonly blobs: BlobStore & QuarantineStore
  readonly uploads: UploadStore
}

const MIB = 2 ** 20

/** What every engine of the blob port promises; an engine's test runs it over a fresh store each time. */
export function blobStoreContract(name: string, open: () => Promise<OpenedStores>): void {
  describe(`${name} keeps the blob store's contract:`, () => {
    let stores: OpenedStores
    beforeEach(async () => {
      stores = await open()
    })
    afterEach(() => stores[Symbol.asyncDispose]())

    const store = async (bytes: Uint8Array, id = crypto.randomUUID()) => {
      await stores.uploads.append(id, 0, streamed(bytes))
      return stores.uploads.complete(id, digestOf(bytes))
    }

    test('an upload that is completed is read back whole, and by ranges with both ends inclusive', async () => {
      const bytes = random(3 * MIB + 17)
      const key = await store(bytes)
      expect(await stores.blobs.size(key)).toBe(bytes.length)
      expect(await read(stores.blobs, key)).toEqual(bytes)
      for (const [from, to] of [
        [0, 0],
        [1, MIB],
        [bytes.length - 1, bytes.length - 1],
      ] as const) {
        expect(await read(stores.blobs, key, { from, to })).toEqual(bytes.slice(from, to + 1))
      }
    })

    test('an upload grows by what is appended, and tells how much it has', async () => {
      const { uploads } = stores
      const bytes = random(2 * MIB + 5)
      const id = crypto.randomUUID()
      expect(await uploads.received(id)).toBe(0)
      for (const [from, to] of [
        [0, 3],
        [3, MIB + 1],
        [MIB + 1, bytes.length],
      ] as const) {
        expect(await uploads.append(id, from, streamed(bytes.slice(from, to)))).toBe(to)
        expect(await uploads.received(id)).toBe(to)
      }
      expect(await collect(uploads.read(id))).toEqual(bytes)
      expect(await read(stores.blobs, await uploads.complete(id, digestOf(bytes)))).toEqual(bytes)
      expect(await uploads.received(id)).toBe(0)
    })

    test('whoever observes an upload sees each byte once and in order', async () => {
      const bytes = random(MIB + 333)
      const hash = createHash('sha256')
      await stores.uploads.append(crypto.randomUUID(), 0, streamed(bytes), piece => void hash.update(piece))
      expect(`sha256:${hash.digest('hex')}`).toBe(digestOf(bytes))
    })

    test('what lies beyond the offset of an append is dropped', async () => {
      const { uploads } = stores
      const id = crypto.randomUUID()
      await uploads.append(id, 0, streamed(random(1000)))
      const first = random(10)
      await uploads.append(id, 0, streamed(first))
      const second = random(20)
      await uploads.append(id, 10, streamed(second))
      expect(await collect(uploads.read(id))).toEqual(Buffer.concat([first, second]))
    })

    test('what came before the sender failed is kept, and the failure is thrown', async () => {
      const id = crypto.randomUUID()
      const kept = random(1000)
      const failing = async function* () {
        yield kept
        throw new Error('The sender hung up.')
      }
      const appended = stores.uploads.append(id, 0, { sizeBytes: undefined, stream: failing() })
      await expect(appended).rejects.toThrow('The sender hung up.')
      expect(await collect(stores.uploads.read(id))).toEqual(kept)
    })

    test('an upload that nothing was written to becomes an empty object', async () => {
      const nothing = new Uint8Array()
      const key = await stores.uploads.complete(crypto.randomUUID(), digestOf(nothing))
      expect(await stores.blobs.size(key)).toBe(0)
      expect(await read(stores.blobs, key)).toEqual(nothing)
    })

    test('the same bytes by two uploads are two objects, and removing one leaves the other', async () => {
      const bytes = random(100)
      const [one, other] = [await store(bytes), await store(bytes)]
      expect(one).not.toBe(other)
      await stores.blobs.remove(one)
      expect(await stores.blobs.size(one)).toBeUndefined()
      expect(await read(stores.blobs, other)).toEqual(bytes)
    })

    test('removing what is not there is no error, and reading it is one', async () => {
      const key = await store(random(100))
      await stores.blobs.remove(key)
      await stores.blobs.remove(key)
      await expect(read(stores.blobs, key)).rejects.toThrow()
    })

    test('a discarded upload is gone, completed or not', async () => {
      const { uploads, blobs } = stores
      const begun = crypto.randomUUID()
      await uploads.append(begun, 0, streamed(random(100)))
      await uploads.discard(begun)
      expect(await uploads.received(begun)).toBe(0)
      const bytes = random(100)
      const completed = crypto.randomUUID()
      const key = await store(bytes, completed)
      await uploads.discard(completed, digestOf(bytes))
      expect(await blobs.size(key)).toBeUndefined()
      await uploads.discard(crypto.randomUUID())
    })

    test('a completed upload is opened again with its bytes, and takes more', async () => {
      const { uploads, blobs } = stores
      const [bytes, more] = [random(100), random(10)]
      const id = crypto.randomUUID()
      const key = await store(bytes, id)
      await uploads.reopen(id, digestOf(bytes))
      expect(await blobs.size(key)).toBeUndefined()
      expect(await uploads.received(id)).toBe(bytes.length)
      await uploads.append(id, bytes.length, streamed(more))
      const whole = new Uint8Array([...bytes, ...more])
      expect(await read(blobs, await uploads.complete(id, digestOf(whole)))).toEqual(whole)
    })

    test('an upload that was not completed is left as it is when it is opened again', async () => {
      const { uploads } = stores
      const id = crypto.randomUUID()
      await uploads.append(id, 0, streamed(random(7)))
      await uploads.reopen(id, digestOf(random(7)))
      expect(await uploads.received(id)).toBe(7)
    })

    test('every object is listed with its digest and its size, and no upload is', async () => {
      const contents = [random(1), random(2), random(3)]
      const keys = await Promise.all(contents.map(bytes => store(bytes)))
      await stores.uploads.append(crypto.randomUUID(), 0, streamed(random(4)))
      const listed: StoredObject[] = []
      for await (const object of stores.blobs.list()) listed.push(object)
      const byKey = (one: { key: string }, other: { key: string }) => (one.key < other.key ? -1 : 1)
      expect(listed.map(({ key, digest, sizeBytes }) => ({ key, digest, sizeBytes })).sort(byKey)).toEqual(
        contents
          .map((bytes, index) => ({ key: keys[index] as string, digest: digestOf(bytes), sizeBytes: bytes.length }))
          .sort(byKey),
      )
    })

    test('what is put into quarantine is not served and not listed', async () => {
      const { blobs } = stores
      const key = await store(random(100))
      await blobs.quarantine(key)
      expect(await blobs.size(key)).toBeUndefined()
      expect(await Array.fromAsync(blobs.list())).toEqual([])
    })

    test('many uploads at once do not get into each other', async () => {
      const contents = Array.from({ length: 20 }, (_, index) => random(index * 50_000))
      const keys = await Promise.all(contents.map(bytes => store(bytes)))
      for (const [index, key] of keys.entries())
        expect(await read(stores.blobs, key)).toEqual(contents[index] as Uint8Array)
    })
  })
}

function random(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let from = 0; from < length; from += 65_536) crypto.getRandomValues(bytes.subarray(from, from + 65_536))
  return bytes
}

function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
}

/** As a request without Content-Length brings it: in pieces of uneven size. */
function streamed(bytes: Uint8Array): Incoming {
  const pieces = async function* () {
    for (let from = 0, size = 1; from < bytes.length; from += size, size = Math.min(size * 3, 300_000)) {
      yield bytes.subarray(from, from + size)
    }
  }
  return { sizeBytes: undefined, stream: pieces() }
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await Array.fromAsync(stream, piece => new Uint8Array(piece))))
}

async function read(blobs: BlobStore, key: string, range?: { from: number; to: number }): Promise<Uint8Array> {
  return new Uint8Array(await new Response(blobs.read(key, range)).arrayBuffer())
}
