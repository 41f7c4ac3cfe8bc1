import { afterAll, beforeAll, expect } from 'bun:test'
import type { OperationName } from '../support/faulty-store.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import type { Berth } from '../support/start-berth.ts'
import { describeWithTools } from '../tools/find-tools.ts'
import { scenario } from './scenario.ts'
import { NEEDS, startWorld, until, type World } from './world.ts'

const MIB = 2 ** 20
let blobs = 0

function blobOfSize(bytes: number) {
  const content = new Uint8Array(bytes).fill(++blobs)
  crypto.getRandomValues(content.subarray(0, 1000))
  return blobOf(content)
}

describeWithTools('reliability', 'a replica dies', NEEDS, () => {
  let world: World
  let survivor: Berth
  beforeAll(async () => {
    world = await startWorld()
    survivor = await world.replica()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  /** Kills the replica when the storage is asked for this, before or after it did it. */
  const killAt = (victim: Berth, name: OperationName, when: 'before' | 'after') => {
    const kill = ({ name: asked }: { name: OperationName }) => {
      if (asked === name) void victim.kill()
      return undefined
    }
    world.store.set(when === 'before' ? { before: kill } : { after: kill })
  }

  const failed = async (request: Promise<unknown>) =>
    expect(
      await request.then(
        () => 'answered',
        () => 'cut off',
      ),
    ).toBe('cut off')

  /** The client, who got no answer, does what clients do: pushes the blob again, to whoever answers. */
  const pushedAgain = async (repository: string, blob: ReturnType<typeof blobOf>) => {
    const client = registryClient(survivor.url)
    expect(await client.pushBlob(repository, blob)).toBe(201)
    expect(await client.get(repository, 'blobs', blob.digest)).toEqual(blob.bytes)
  }

  const phases: readonly (readonly [
    title: string,
    operation: OperationName,
    when: 'before' | 'after',
    bytes: number,
  ])[] = [
    ['before a small blob reaches the storage', 'PutObject', 'before', 1000],
    ['when a small blob is stored and not recorded', 'PutObject', 'after', 1000],
    ['when a blob in parts is begun', 'CreateMultipartUpload', 'after', 12 * MIB],
    ['before a part reaches the storage', 'UploadPart', 'before', 12 * MIB],
    ['when a part is stored and not written down', 'UploadPart', 'after', 12 * MIB],
    ['before the parts are put together', 'CompleteMultipartUpload', 'before', 12 * MIB],
    ['when the parts are put together and not recorded', 'CompleteMultipartUpload', 'after', 12 * MIB],
  ]
  for (const [title, operation, when, bytes] of phases) {
    scenario(`a replica dies ${title}`, async () => {
      await using victim = await world.replica()
      const blob = blobOfSize(bytes)
      const client = registryClient(victim.url)
      const location = client.locate(await client.begin('dies/upload'))
      location.searchParams.set('digest', blob.digest)
      killAt(victim, operation, when)
      await failed(fetch(location, { method: 'PUT', body: blob.bytes }))
      world.store.clear()
      // The same upload again, to another replica, once the claim of the dead one has ended.
      const again = new URL(location.pathname + location.search, survivor.url)
      let status = 409
      await until(async () => {
        status = (await fetch(again, { method: 'PUT', body: blob.bytes })).status
        return status !== 409
      })
      expect(status).toBe(201)
      await pushedAgain('dies/elsewhere', blob)
      expect(await registryClient(survivor.url).get('dies/upload', 'blobs', blob.digest)).toEqual(blob.bytes)
      await world.expectWhole()
    })
  }

  scenario('a replica dies in the middle of a chunk, and another takes the upload from where it was', async () => {
    await using victim = await world.replica()
    const blob = blobOfSize(20 * MIB)
    const client = registryClient(victim.url)
    const location = client.locate(await client.begin('dies/chunks'))
    const first = await fetch(location, { method: 'PATCH', body: blob.bytes.slice(0, 7 * MIB) })
    expect(first.status).toBe(202)
    killAt(victim, 'UploadPart', 'after')
    await failed(fetch(location, { method: 'PATCH', body: blob.bytes.slice(7 * MIB) }))
    world.store.clear()
    const there = new URL(location.pathname, survivor.url)
    const received = (await fetch(there)).headers.get('Range')
    expect(received).toBe(`0-${7 * MIB - 1}`)
    there.searchParams.set('digest', blob.digest)
    let status = 409
    await until(async () => {
      status = (await fetch(there, { method: 'PUT', body: blob.bytes.slice(7 * MIB) })).status
      return status !== 409
    })
    expect(status).toBe(201)
    expect(await registryClient(survivor.url).get('dies/chunks', 'blobs', blob.digest)).toEqual(blob.bytes)
    await world.expectWhole()
  })

  scenario('a replica dies while it stores the end of a chunk', async () => {
    await using victim = await world.replica()
    const blob = blobOfSize(7 * MIB)
    const client = registryClient(victim.url)
    const location = client.locate(await client.begin('dies/tail'))
    killAt(victim, 'PutObject', 'before')
    await failed(fetch(location, { method: 'PATCH', body: blob.bytes }))
    world.store.clear()
    await pushedAgain('dies/tail', blob)
    await world.expectWhole()
  })

  scenario('a replica dies while it drops an upload that was refused', async () => {
    await using victim = await world.replica()
    const client = registryClient(victim.url)
    const location = client.locate(await client.begin('dies/refused'))
    location.searchParams.set('digest', blobOf('another').digest)
    killAt(victim, 'DeleteObject', 'before')
    await failed(fetch(location, { method: 'PUT', body: 'refused' }))
    world.store.clear()
    await until(
      async () => (await fetch(new URL(location.pathname, survivor.url), { method: 'DELETE' })).status !== 409,
    )
    expect((await fetch(new URL(location.pathname, survivor.url))).status).toBe(404)
    await world.expectWhole()
  })

  scenario('a replica dies while an upload is cancelled', async () => {
    await using victim = await world.replica()
    const client = registryClient(victim.url)
    const location = client.locate(await client.begin('dies/cancelled'))
    expect((await fetch(location, { method: 'PATCH', body: 'half' })).status).toBe(202)
    killAt(victim, 'DeleteObject', 'after')
    await failed(fetch(location, { method: 'DELETE' }))
    world.store.clear()
    await until(
      async () => (await fetch(new URL(location.pathname, survivor.url), { method: 'DELETE' })).status !== 409,
    )
    await world.expectWhole()
  })

  const KILLS = 6
  const STEP_MS = 45
  /** Each transaction takes a few journeys to the database of 20 ms each: the kills fall before, into and behind it. */
  const changes: readonly (readonly [
    title: string,
    prepare: (client: ReturnType<typeof registryClient>, name: string) => Promise<unknown>,
    change: (client: ReturnType<typeof registryClient>, name: string) => Promise<number>,
  ])[] = [
    [
      'mounts a blob',
      (client, name) => client.pushBlob(`${name}/from`, config),
      (client, name) => client.mount(name, config.digest, `${name}/from`),
    ],
    [
      'stores a manifest',
      (client, name) => client.pushBlob(name, config),
      (client, name) => client.putManifest(name, 'v1', image),
    ],
    [
      'deletes a manifest',
      (client, name) => withImage(client, name),
      (client, name) => client.remove(name, 'manifests', image.digest),
    ],
    [
      'deletes a tag',
      (client, name) => withImage(client, name),
      (client, name) => client.remove(name, 'manifests', 'v1'),
    ],
    [
      'deletes a blob',
      (client, name) => client.pushBlob(name, config),
      (client, name) => client.remove(name, 'blobs', config.digest),
    ],
  ]
  const config = blobOf('{"dies":true}')
  const image = imageOf([config])
  const withImage = async (client: ReturnType<typeof registryClient>, name: string) => {
    expect(await client.pushBlob(name, config)).toBe(201)
    expect(await client.putManifest(name, 'v1', image)).toBe(201)
  }

  for (const [title, prepare, change] of changes) {
    scenario(`a replica dies while it ${title}`, async () => {
      for (let kill = 0; kill < KILLS; kill++) {
        await using victim = await world.replica()
        const name = `dies/${title.replaceAll(' ', '-')}-${kill}`
        const other = registryClient(survivor.url)
        await prepare(other, name)
        await world.database.add({ type: 'latency', attributes: { latency: 20, jitter: 0 } })
        const changing = change(registryClient(victim.url), name).catch(() => 'cut off')
        await Bun.sleep(kill * STEP_MS)
        await victim.kill()
        const outcome = await changing
        await world.database.mend()
        // What was acknowledged holds; what was not can be asked for again, with the same end.
        const again = await change(other, name)
        const expected = title.startsWith('deletes') ? [202, 404] : [201]
        expect(expected).toContain(again)
        if (outcome === 202) expect(again).toBe(404)
      }
      await world.expectWhole()
    })
  }

  const COLLECT = { BERTH_GC_GRACE_SECONDS: '0' }
  for (const when of ['before', 'after'] as const) {
    scenario(`a collection dies ${when} an object is removed`, async () => {
      const client = registryClient(survivor.url)
      const kept = blobOfSize(100)
      await client.pushBlob('dies/collection', kept)
      expect(await client.putManifest('dies/collection', 'v1', imageOf([kept]))).toBe(201)
      for (let index = 0; index < 5; index++) await client.pushBlob('dies/collection', blobOfSize(50))
      const collector = await world.replica({ ...COLLECT, BERTH_GC_INTERVAL_SECONDS: '0.2' })
      const died = new Promise<void>(resolve => {
        const kill = ({ name }: { name: OperationName }) => {
          if (name === 'DeleteObject') void collector.kill().then(resolve)
          return undefined
        }
        world.store.set(when === 'before' ? { before: kill } : { after: kill })
      })
      await died
      world.store.clear()
      expect((await world.command(['gc', '--grace', '0', '--json'])).code).toBe(0)
      expect(await client.get('dies/collection', 'blobs', kept.digest)).toEqual(kept.bytes)
      await world.expectWhole()
    })
  }
})
