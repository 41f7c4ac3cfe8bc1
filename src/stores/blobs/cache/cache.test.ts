import { afterEach, beforeEach, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseDigest } from '../../../oci/index.ts'
import { type BlobStore, ObjectFault, type ObjectRef } from '../blob-store.ts'
import { type CacheOutcome, cachedReads } from './index.ts'

const MIB = 2 ** 20

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-cache-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A storage of these bytes that counts how often it is asked, and can be told to wait in the middle or to fail. */
function storage() {
  const objects = new Map<string, Uint8Array<ArrayBuffer>>()
  const state = { reads: 0, gate: Promise.resolve() as Promise<unknown> }
  const read: BlobStore['read'] = async (object, range) => {
    state.reads += 1
    const stored = objects.get(object.storageKey)
    if (stored?.length !== object.sizeBytes) throw new ObjectFault(object, stored?.length)
    const bytes = range ? stored.slice(range.from, range.to + 1) : stored
    return new ReadableStream({
      async start(controller) {
        controller.enqueue(bytes.slice(0, bytes.length / 2))
        await state.gate
        controller.enqueue(bytes.slice(bytes.length / 2))
        controller.close()
      },
    })
  }
  const put = (
    length: number,
    keep?: Uint8Array<ArrayBuffer>,
  ): ObjectRef & { readonly bytes: Uint8Array<ArrayBuffer> } => {
    const bytes = new Uint8Array(length)
    for (let from = 0; from < length; from += 65_536) crypto.getRandomValues(bytes.subarray(from, from + 65_536))
    const storageKey = `ab/${crypto.randomUUID()}.0123456789abcdef`
    objects.set(storageKey, keep ?? bytes)
    const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
    return { storageKey, digest, sizeBytes: length, bytes }
  }
  const replace = (object: ReturnType<typeof put>) => void objects.set(object.storageKey, object.bytes)
  return { store: { read } as BlobStore, state, put, replace }
}

function cache(store: BlobStore, maxBytes = 100 * MIB) {
  const outcomes: CacheOutcome[] = []
  const read = cachedReads(store, {
    folder,
    maxBytes,
    onRead: outcome => void outcomes.push(outcome),
  })
  return { outcomes, read: async (object: ObjectRef) => bytesOf(await read(object)), open: read }
}

async function bytesOf(body: Blob | ReadableStream): Promise<Uint8Array> {
  return new Uint8Array(await new Response(body).arrayBuffer())
}

test('what was read once is not asked of the storage again, whole or in part', async () => {
  const { store, state, put } = storage()
  const object = put(3 * MIB + 1)
  const { read, open, outcomes } = cache(store)
  expect(await read(object)).toEqual(object.bytes)
  expect(await read(object)).toEqual(object.bytes)
  expect(await bytesOf(await open(object, { from: 5, to: MIB }))).toEqual(object.bytes.slice(5, MIB + 1))
  expect(state.reads).toBe(1)
  expect(outcomes).toEqual(['miss', 'hit', 'hit'])
})

test('many who want the same at once make one request', async () => {
  const { store, state, put } = storage()
  const object = put(2 * MIB)
  const { promise, resolve } = Promise.withResolvers<void>()
  state.gate = promise
  const one = cache(store)
  // Another process with the same folder.
  const other = cache(store)
  const reading = [one, one, other, one, other].map(each => each.read(object))
  await Bun.sleep(50)
  resolve()
  for (const bytes of await Promise.all(reading)) expect(bytes).toEqual(object.bytes)
  expect(state.reads).toBe(1)
})

test('an object without its digest is never given whole, and not kept', async () => {
  const { store, put } = storage()
  const object = put(2 * MIB, new Uint8Array(2 * MIB))
  const { read } = cache(store)
  await expect(read(object)).rejects.toThrow()
  await expect(read(object)).rejects.toThrow()
  expect(await entries()).toEqual([])
})

test('who was not given the end of a damaged object gets it whole when the storage gives it whole', async () => {
  const { store, put, replace } = storage()
  const { read } = cache(store, 400 * MIB)
  for (let round = 0; round < 20; round += 1) {
    const object = put(17 * MIB, new Uint8Array(17 * MIB))
    await expect(read(object)).rejects.toThrow()
    replace(object)
    expect(Buffer.compare(await read(object), object.bytes)).toBe(0)
  }
})

test('an entry that was damaged on the disk is found before it is served, and read again', async () => {
  const { store, put } = storage()
  const object = put(MIB)
  await cache(store).read(object)
  const path = join(folder, object.storageKey)
  for (const damaged of [new Uint8Array(MIB), new Uint8Array(10)]) {
    await writeFile(path, damaged)
    // A process that has not checked it yet.
    const { read, outcomes } = cache(store)
    expect(await read(object)).toEqual(object.bytes)
    expect(outcomes).toEqual(['damaged', 'miss'])
  }
})

test('it stays below its limit: what was not read for longest goes first', async () => {
  const { store, put } = storage()
  const objects = [1, 2, 3, 4].map(() => put(MIB))
  const { read } = cache(store, 4.5 * MIB)
  for (const [index, object] of objects.entries()) {
    await read(object)
    // Read long ago, the first of them last.
    const at = new Date(Date.now() - 100_000 - index * 1000)
    await utimes(join(folder, object.storageKey), at, at)
  }
  await read(put(MIB))
  const left = await entries()
  expect(left).toHaveLength(4)
  expect(left).not.toContain((objects[3] as ObjectRef).storageKey.slice(3))
})

test('what is too large for it, or finds no room, passes by', async () => {
  const { store, put } = storage()
  const { read, outcomes } = cache(store, MIB)
  const object = put(2 * MIB)
  expect(await read(object)).toEqual(object.bytes)
  expect(outcomes).toEqual(['passed'])
})

test('a writer that died is no obstacle', async () => {
  const { store, put } = storage()
  const object = put(MIB)
  const { read } = cache(store)
  await read(put(1))
  await writeFile(join(folder, `${object.storageKey}.partial`), object.bytes.slice(0, 100))
  expect(await read(object)).toEqual(object.bytes)
})

test('a folder that cannot be used is no obstacle', async () => {
  const { store, put } = storage()
  await rm(folder, { recursive: true })
  await writeFile(folder, 'no folder')
  const object = put(MIB)
  const { read, outcomes } = cache(store)
  expect(await read(object)).toEqual(object.bytes)
  expect(outcomes).toEqual(['failed'])
})

async function entries(): Promise<string[]> {
  const names = await readdir(join(folder, 'ab')).catch(() => [])
  return names
}
