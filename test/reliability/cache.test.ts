import { afterAll, beforeAll, expect } from 'bun:test'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { $ } from 'bun'
import { type Bytes, blobOf, registryClient } from '../support/registry-client.ts'
import { untilLogged } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'
import { describeWithTools } from '../tools/find-tools.ts'
import { scenario } from './scenario.ts'
import { NEEDS, startWorld, type World } from './world.ts'

const MIB = 2 ** 20
const root = { name: 'root, to mount a small disk', isThere: () => process.getuid?.() === 0 }

describeWithTools('reliability', 'the disk cache', [...NEEDS, root], () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const pushed = async (berth: Berth, bytes: number): Promise<Bytes> => {
    const content = new Uint8Array(bytes)
    for (let from = 0; from < bytes; from += 65_536) crypto.getRandomValues(content.subarray(from, from + 65_536))
    const blob = blobOf(content)
    expect(await registryClient(berth.url).pushBlob('cache/test', blob)).toBe(201)
    return blob
  }
  const pull = (berth: Berth, blob: Bytes) => registryClient(berth.url).get('cache/test', 'blobs', blob.digest)
  const entries = async (berth: Berth) => {
    const files = await readdir(join(berth.dataFolder, 'cache'), { recursive: true, withFileTypes: true })
    return files.filter(file => file.isFile()).map(file => join(file.parentPath, file.name))
  }

  for (const [title, spoil] of [
    ['has other bytes', (bytes: Uint8Array) => bytes.map(byte => byte ^ 1)],
    ['was cut short', (bytes: Uint8Array) => bytes.slice(0, 1000)],
    ['is empty', () => new Uint8Array()],
  ] as const) {
    scenario(`an entry of the cache ${title} when the replica starts`, async () => {
      const first = await world.replica()
      const blob = await pushed(first, 2 * MIB)
      expect(await pull(first, blob)).toEqual(blob.bytes)
      const [entry] = await entries(first)
      await first.kill()
      const folder = join(first.dataFolder, 'cache')
      const kept = join(first.dataFolder, 'kept')
      expect(entry).toBeDefined()
      // A new replica takes over the folder of the one that died.
      await using second = await world.replica()
      await rm(join(second.dataFolder, 'cache'), { recursive: true, force: true })
      await $`mv ${folder} ${join(second.dataFolder, 'cache')}`.quiet()
      const [moved = kept] = await entries(second)
      await writeFile(moved, spoil(await Bun.file(moved).bytes()))
      expect(await pull(second, blob)).toEqual(blob.bytes)
      expect(await pull(second, blob)).toEqual(blob.bytes)
      await world.expectWhole()
    })
  }

  scenario('the disk of the cache is full', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-cache-disk-'))
    await using replica = await world.replica()
    const cache = join(replica.dataFolder, 'cache')
    await mkdir(cache, { recursive: true })
    await $`mount -t tmpfs -o size=6m tmpfs ${cache}`.quiet()
    try {
      for (const bytes of [4 * MIB, 20 * MIB, 4 * MIB, 4 * MIB]) {
        const blob = await pushed(replica, bytes)
        for (let round = 0; round < 2; round++) expect(await pull(replica, blob)).toEqual(blob.bytes)
      }
    } finally {
      await $`umount -l ${cache}`.quiet()
      await rm(folder, { recursive: true })
    }
    await world.expectWhole()
  })

  scenario('the folder of the cache cannot be used', async () => {
    await using replica = await world.replica()
    await writeFile(join(replica.dataFolder, 'cache'), 'a file')
    const blob = await pushed(replica, 3 * MIB)
    expect(await pull(replica, blob)).toEqual(blob.bytes)
    expect(await untilLogged(replica, 'the cache cannot be used')).toBe(true)
    await world.expectWhole()
  })

  scenario('the cache is smaller than what is pulled', async () => {
    await using replica = await world.replica({ BERTH_BLOBS_CACHE_BYTES: String(5 * MIB) })
    for (let index = 0; index < 6; index++) {
      const blob = await pushed(replica, 2 * MIB)
      expect(await pull(replica, blob)).toEqual(blob.bytes)
      const sizes = (await entries(replica)).map(path => Bun.file(path).size)
      expect(sizes.reduce((total, size) => total + size, 0)).toBeLessThanOrEqual(5 * MIB)
    }
    await world.expectWhole()
  })

  scenario('a replica dies while it fills its cache', async () => {
    const replica = await world.replica()
    const blob = await pushed(replica, 30 * MIB)
    world.store.set({ before: ({ name }) => (name === 'GetObject' ? Bun.sleep(300) : undefined) })
    const pulling = pull(replica, blob).catch(() => 'cut off')
    await Bun.sleep(350)
    await replica.kill()
    await pulling
    world.store.clear()
    await using next = await world.replica()
    await rm(join(next.dataFolder, 'cache'), { recursive: true, force: true })
    await $`mv ${join(replica.dataFolder, 'cache')} ${join(next.dataFolder, 'cache')}`.quiet()
    expect(await pull(next, blob)).toEqual(blob.bytes)
    await world.expectWhole()
  })
})
