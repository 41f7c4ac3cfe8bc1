import { afterAll, beforeAll, expect } from 'bun:test'
import { type Fault, type OperationName, s3Error } from '../support/faulty-store.ts'
import { errorOf } from '../support/raw-request.ts'
import { type Bytes, blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { untilLogged } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'
import { describeWithTools } from '../tools/find-tools.ts'
import { scenario } from './scenario.ts'
import { NEEDS, startWorld, type World } from './world.ts'

const MIB = 2 ** 20

describeWithTools('reliability', 'the object storage', NEEDS, () => {
  let world: World
  let cached: Berth
  let uncached: Berth
  beforeAll(async () => {
    world = await startWorld()
    cached = await world.replica()
    uncached = await world.replica({ BERTH_BLOBS_CACHE_BYTES: '0' })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const random = (bytes: number) => {
    const content = new Uint8Array(bytes)
    for (let from = 0; from < bytes; from += 65_536) crypto.getRandomValues(content.subarray(from, from + 65_536))
    return blobOf(content)
  }
  const push = (repository: string, blob: Bytes) => registryClient(uncached.url).pushBlob(repository, blob)
  const pull = (berth: Berth, repository: string, blob: Bytes) =>
    registryClient(berth.url).get(repository, 'blobs', blob.digest)
  const expectPulled = async (repository: string, blob: Bytes) => {
    for (const berth of [cached, uncached]) expect(await pull(berth, repository, blob)).toEqual(blob.bytes)
  }
  const WRITES: readonly OperationName[] = [
    'PutObject',
    'CreateMultipartUpload',
    'UploadPart',
    'CompleteMultipartUpload',
  ]
  const answering = (
    names: readonly OperationName[],
    response: () => Response,
    times = Number.POSITIVE_INFINITY,
  ): Fault => ({
    answer: ({ name, count }) => (names.includes(name) && count <= times ? response() : undefined),
  })

  scenario('the storage answers 500 once to each kind of request', async () => {
    const [small, large] = [random(1000), random(12 * MIB)]
    world.store.set(answering([...WRITES, 'GetObject', 'HeadObject'], () => s3Error(500, 'InternalError'), 1))
    for (const blob of [small, large]) expect(await push('storage/once', blob)).toBe(201)
    await expectPulled('storage/once', large)
    await world.expectWhole()
  })

  scenario('the storage answers 503 SlowDown three times to each kind of request', async () => {
    const [small, large] = [random(1000), random(12 * MIB)]
    world.store.set(answering([...WRITES, 'GetObject'], () => s3Error(503, 'SlowDown'), 3))
    for (const blob of [small, large]) expect(await push('storage/slow-down', blob)).toBe(201)
    await expectPulled('storage/slow-down', large)
    await world.expectWhole()
  })

  scenario('the storage answers 500 to every write', async () => {
    for (const blob of [random(1000), random(12 * MIB)]) {
      const client = registryClient(uncached.url)
      const location = client.locate(await client.begin('storage/500'))
      location.searchParams.set('digest', blob.digest)
      world.store.set(answering(WRITES, () => s3Error(500, 'InternalError')))
      const response = await fetch(location, { method: 'PUT', body: blob.bytes })
      expect(response.headers.get('Retry-After')).not.toBeNull()
      expect(await errorOf(response)).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
      expect(await client.head('storage/500', 'blobs', blob.digest)).toBe(404)
      world.store.clear()
      expect((await fetch(location, { method: 'PUT', body: blob.bytes })).status).toBe(201)
      await expectPulled('storage/500', blob)
    }
    await world.expectWhole()
  })

  scenario('the storage hangs while it is written to', async () => {
    const blob = random(1000)
    world.store.set({ answer: ({ name }) => (WRITES.includes(name) ? new Promise(() => undefined) : undefined) })
    expect(await push('storage/hangs', blob)).toBe(503)
    world.store.clear()
    expect(await push('storage/hangs', blob)).toBe(201)
    await expectPulled('storage/hangs', blob)
    await world.expectWhole()
  })

  scenario('the storage hangs while it is read', async () => {
    const blob = random(3 * MIB)
    expect(await push('storage/reads', blob)).toBe(201)
    world.store.set({ answer: ({ name }) => (name === 'GetObject' ? new Promise(() => undefined) : undefined) })
    for (const berth of [cached, uncached]) expect(await pull(berth, 'storage/reads', blob)).toBe(503)
    world.store.clear()
    await expectPulled('storage/reads', blob)
    await world.expectWhole()
  })

  scenario('the storage is 500 ms away', async () => {
    const blob = random(12 * MIB)
    world.store.set({ before: () => Bun.sleep(500) })
    expect(await push('storage/far', blob)).toBe(201)
    await expectPulled('storage/far', blob)
    await world.expectWhole()
  })

  scenario('the storage breaks a read off in the middle', async () => {
    const blob = random(8 * MIB)
    expect(await push('storage/truncated', blob)).toBe(201)
    world.store.set({ cut: ({ name, count }) => (name === 'GetObject' && count % 3 > 0 ? 0.5 : undefined) })
    await expectPulled('storage/truncated', blob)
    await world.expectWhole()
  })

  scenario('the storage never gives more than the beginning', async () => {
    const blob = random(20 * MIB)
    expect(await push('storage/beginning', blob)).toBe(201)
    for (const berth of [cached, uncached]) {
      world.store.set({ cut: ({ name, count }) => (name !== 'GetObject' ? undefined : count === 1 ? 0.5 : 0) })
      // Cut off, or an error: never a short body that looks whole.
      const got = await pull(berth, 'storage/beginning', blob).catch(() => 'cut off')
      expect(got instanceof Uint8Array ? 'whole' : got).not.toBe('whole')
    }
    world.store.clear()
    await expectPulled('storage/beginning', blob)
    await world.expectWhole()
  })

  scenario('the storage gives other bytes than it was given', async () => {
    const blob = random(20 * MIB)
    expect(await push('storage/flipped', blob)).toBe(201)
    world.store.set({
      async after({ name }, response) {
        if (name !== 'GetObject') return undefined
        const bytes = await response.bytes()
        bytes[1000] = (bytes[1000] as number) ^ 1
        return new Response(bytes, { status: response.status, headers: response.headers })
      },
    })
    const got = await pull(cached, 'storage/flipped', blob).catch(() => 'cut off')
    expect(got instanceof Uint8Array ? 'whole' : got).not.toBe('whole')
    world.store.clear()
    await expectPulled('storage/flipped', blob)
    await world.expectWhole()
  })

  scenario('the storage has lost an object', async () => {
    const blob = random(2 * MIB)
    expect(await push('storage/lost', blob)).toBe(201)
    world.store.set(answering(['GetObject'], () => s3Error(404, 'NoSuchKey')))
    for (const berth of [cached, uncached]) expect(await pull(berth, 'storage/lost', blob)).toBe(500)
    world.store.clear()
    await expectPulled('storage/lost', blob)
    await world.expectWhole()
  })

  scenario('the answer to a part is lost', async () => {
    const blob = random(12 * MIB)
    world.store.set({
      after: ({ name, count }) => (name === 'UploadPart' && count <= 2 ? s3Error(500, 'InternalError') : undefined),
    })
    expect(await push('storage/part', blob)).toBe(201)
    await expectPulled('storage/part', blob)
    await world.expectWhole()
  })

  scenario('the answer to putting the parts together is lost', async () => {
    const blob = random(12 * MIB)
    world.store.set({
      after: ({ name, count }) =>
        name === 'CompleteMultipartUpload' && count === 1 ? s3Error(500, 'InternalError') : undefined,
    })
    expect(await push('storage/complete', blob)).toBe(201)
    await expectPulled('storage/complete', blob)
    await world.expectWhole()
  })

  scenario('the storage lists what was there before, or nothing', async () => {
    const [kept, gone] = [random(1000), random(2000)]
    for (const blob of [kept, gone]) expect(await push('storage/stale', blob)).toBe(201)
    expect(await registryClient(uncached.url).putManifest('storage/stale', 'v1', imageOf([kept]))).toBe(201)
    let listing = ''
    world.store.set({
      async after({ name }, response) {
        if (name === 'ListObjects') listing = await response.clone().text()
        return undefined
      },
    })
    expect((await world.command(['verify', '--json'])).code).toBe(0)
    const listed = listing
    expect(listed).toContain('<Key>')
    expect((await world.command(['gc', '--grace', '0'])).code).toBe(0)
    const empty = listed.replace(/<Contents>.*<\/Contents>/s, '')
    for (const text of [listed, empty]) {
      const stale = () => new Response(text, { headers: { 'Content-Type': 'application/xml' } })
      world.store.set(answering(['ListObjects'], stale))
      expect(await world.command(['verify', '--json'])).toMatchObject({ code: 0 })
      expect((await world.command(['gc', '--grace', '0'])).code).toBe(0)
      expect(await pull(uncached, 'storage/stale', kept)).toEqual(kept.bytes)
      expect(await pull(uncached, 'storage/stale', gone)).toBe(404)
    }
    await world.expectWhole()
  })

  scenario('the storage refuses Berth', async () => {
    const blob = random(1000)
    world.store.set(answering(WRITES, () => s3Error(403, 'AccessDenied')))
    expect(await push('storage/denied', blob)).toBe(500)
    expect(await untilLogged(uncached, 'said by a test')).toBe(true)
    world.store.clear()
    expect(await push('storage/denied', blob)).toBe(201)
    await world.expectWhole()
  })

  scenario('objects cannot be removed for a while', async () => {
    const blob = random(1000)
    expect(await push('storage/removal', blob)).toBe(201)
    world.store.set(answering(['DeleteObject'], () => s3Error(500, 'InternalError')))
    expect((await world.command(['gc', '--grace', '0'])).code).toBe(2)
    world.store.clear()
    expect((await world.command(['gc', '--grace', '0'])).code).toBe(0)
    await world.expectWhole()
  })
})
