import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { type Digest, parseDigest } from '../../oci/index.ts'
import {
  type BlobStore,
  type Incoming,
  ObjectFault,
  type ObjectRef,
  type QuarantineStore,
  type StorageMark,
  type StoredObject,
  type UploadProgress,
  type UploadStore,
} from './blob-store.ts'

export interface OpenedStores extends AsyncDisposable {
  readonly blobs: BlobStore & QuarantineStore
  readonly uploads: UploadStore
  readonly mark: StorageMark
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
      return complete(id, bytes)
    }
    const complete = async (id: string, bytes: Uint8Array): Promise<ObjectRef> => {
      const digest = digestOf(bytes)
      const { storageKey, leftovers } = await stores.uploads.complete(id, digest)
      for (const leftover of leftovers) await stores.blobs.remove(leftover.storageKey)
      return { storageKey, digest, sizeBytes: bytes.length }
    }
    const sizeOf = ({ storageKey }: ObjectRef) => stores.blobs.size(storageKey)

    test('an upload that is completed is read back whole, and by ranges with both ends inclusive', async () => {
      const bytes = random(3 * MIB + 17)
      const object = await store(bytes)
      expect(await sizeOf(object)).toBe(bytes.length)
      expect(await read(stores.blobs, object)).toEqual(bytes)
      for (const [from, to] of [
        [0, 0],
        [1, MIB],
        [bytes.length - 1, bytes.length - 1],
      ] as const) {
        expect(await read(stores.blobs, object, { from, to })).toEqual(bytes.slice(from, to + 1))
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
      expect(await read(stores.blobs, await complete(id, bytes))).toEqual(bytes)
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
      const object = await complete(crypto.randomUUID(), nothing)
      expect(await sizeOf(object)).toBe(0)
      expect(await read(stores.blobs, object)).toEqual(nothing)
    })

    test('the same bytes by two uploads are two objects, and removing one leaves the other', async () => {
      const bytes = random(100)
      const [one, other] = [await store(bytes), await store(bytes)]
      expect(one.storageKey).not.toBe(other.storageKey)
      await stores.blobs.remove(one.storageKey)
      expect(await sizeOf(one)).toBeUndefined()
      expect(await read(stores.blobs, other)).toEqual(bytes)
    })

    test('removing what is not there is no error, and reading it is one', async () => {
      const object = await store(random(100))
      await stores.blobs.remove(object.storageKey)
      await stores.blobs.remove(object.storageKey)
      await expect(stores.blobs.read(object)).rejects.toThrow(ObjectFault)
    })

    test('an object that is longer or shorter than it should be is not read', async () => {
      const object = await store(random(100))
      for (const sizeBytes of [0, 99, 101]) {
        await expect(stores.blobs.read({ ...object, sizeBytes })).rejects.toThrow(ObjectFault)
      }
    })

    test('a discarded upload is gone, completed or not', async () => {
      const { uploads, blobs } = stores
      const begun = crypto.randomUUID()
      await uploads.append(begun, 0, streamed(random(100)))
      await uploads.discard(begun)
      expect(await uploads.received(begun)).toBe(0)
      const bytes = random(100)
      const completed = crypto.randomUUID()
      const { storageKey } = await store(bytes, completed)
      await uploads.discard(completed, digestOf(bytes))
      expect(await blobs.size(storageKey)).toBeUndefined()
      await uploads.discard(crypto.randomUUID())
    })

    test('a completed upload is opened again with its bytes, and takes more', async () => {
      const { uploads, blobs } = stores
      const [bytes, more] = [random(100), random(10)]
      const id = crypto.randomUUID()
      await store(bytes, id)
      await uploads.reopen(id, digestOf(bytes))
      expect(await uploads.received(id)).toBe(bytes.length)
      await uploads.append(id, bytes.length, streamed(more))
      const whole = new Uint8Array([...bytes, ...more])
      expect(await read(blobs, await complete(id, whole))).toEqual(whole)
    })

    test('an upload that was not completed is left as it is when it is opened again', async () => {
      const { uploads } = stores
      const id = crypto.randomUUID()
      await uploads.append(id, 0, streamed(random(7)))
      await uploads.reopen(id, digestOf(random(7)))
      expect(await uploads.received(id)).toBe(7)
    })

    test('every object is listed with its upload and its size', async () => {
      const ids = [1, 2, 3].map(() => crypto.randomUUID())
      const objects = await Promise.all(ids.map((id, index) => store(random(index + 1), id)))
      const listed: StoredObject[] = []
      for await (const object of stores.blobs.list()) listed.push(object)
      const byKey = (one: { key: string }, other: { key: string }) => (one.key < other.key ? -1 : 1)
      expect(listed.map(({ key, uploadId, sizeBytes }) => ({ key, uploadId, sizeBytes })).sort(byKey)).toEqual(
        objects
          .map(({ storageKey, sizeBytes }, index) => ({ key: storageKey, uploadId: ids[index] as string, sizeBytes }))
          .sort(byKey),
      )
      for (const { modifiedAt } of listed) expect(Math.abs(Date.now() - modifiedAt)).toBeLessThan(3_600_000)
    })

    test('what is put into quarantine is not served and not listed', async () => {
      const { blobs } = stores
      for (const length of [100, 6 * MIB]) {
        const { storageKey } = await store(random(length))
        await blobs.quarantine(storageKey)
        expect(await blobs.size(storageKey)).toBeUndefined()
      }
      expect(await Array.fromAsync(blobs.list())).toEqual([])
    })

    test('a large upload in pieces of every size is read back whole, completed or not', async () => {
      const { uploads, blobs } = stores
      const bytes = random(23 * MIB + 11)
      const id = crypto.randomUUID()
      let from = 0
      for (const length of [7, 3 * MIB, 4 * MIB, 1, 11 * MIB, 100, ...Array<number>(40).fill(10), bytes.length]) {
        from = await uploads.append(id, from, streamed(bytes.slice(from, from + length)))
      }
      expect(from).toBe(bytes.length)
      expect(digestOf(await collect(uploads.read(id)))).toBe(digestOf(bytes))
      expect(digestOf(await read(blobs, await complete(id, bytes)))).toBe(digestOf(bytes))
    })

    test('an upload that said it ends is completed, or goes on all the same', async () => {
      const bytes = random(12 * MIB + 1)
      const [whole, begun] = [crypto.randomUUID(), crypto.randomUUID()]
      await stores.uploads.append(whole, 0, { ...streamed(bytes), ends: true })
      expect(digestOf(await read(stores.blobs, await complete(whole, bytes)))).toBe(digestOf(bytes))
      await stores.uploads.append(begun, 0, { ...streamed(bytes), ends: true })
      const more = random(6 * MIB)
      await stores.uploads.append(begun, bytes.length, { ...streamed(more), ends: true })
      const both = new Uint8Array([...bytes, ...more])
      expect(digestOf(await read(stores.blobs, await complete(begun, both)))).toBe(digestOf(both))
    })

    test('the storage is marked once, and is empty until something is stored', async () => {
      const { mark } = stores
      expect(await mark.read()).toBeUndefined()
      expect(await mark.isEmpty()).toBe(true)
      expect(await mark.write('one')).toBe('one')
      expect(await mark.write('other')).toBe('one')
      expect(await mark.read()).toBe('one')
      await store(random(1))
      expect(await mark.isEmpty()).toBe(false)
    })

    test('many uploads at once do not get into each other', async () => {
      const contents = Array.from({ length: 20 }, (_, index) => random(index * 50_000))
      const objects = await Promise.all(contents.map(bytes => store(bytes)))
      for (const [index, object] of objects.entries())
        expect(await read(stores.blobs, object)).toEqual(contents[index] as Uint8Array)
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

async function read(blobs: BlobStore, object: ObjectRef, range?: { from: number; to: number }): Promise<Uint8Array> {
  return new Uint8Array(await new Response(await blobs.read(object, range)).arrayBuffer())
}

/** What the metadata do for an engine that keeps uploads in pieces. */
export function progressInMemory(): UploadProgress {
  const saved = new Map<string, string>()
  return {
    load: async id => saved.get(id),
    async save(id, before, after) {
      if (saved.get(id) !== before) return false
      saved.set(id, after)
      return true
    },
  }
}
