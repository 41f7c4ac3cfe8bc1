import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { seededRandom } from '../support/random.ts'
import { imageOf, registryClient } from '../support/registry-client.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { oneOperation, someBlobs, type World } from './clients.ts'
import { expectSame, storedObjects, uploadsLeft } from './compare.ts'
import { Oracle } from './oracle.ts'

const ROUNDS = 14
const OPERATIONS = 45
const LIBRARY = 'library/base'
const ACTORS = ['team/one', 'team/two/deep', 'x'].map(repository => ({ repository, sources: [LIBRARY] }))
const SETTINGS = {
  BERTH_GC_INTERVAL_SECONDS: '0',
  BERTH_GC_REMOVAL_DELAY_SECONDS: '0',
  BERTH_TRASH_DAYS: '0',
  BERTH_LOG_REQUESTS: 'none',
}

test('Berth differs in nothing from a plain model, whatever is pushed, moved, deleted, collected and restarted', async () => {
  const random = seededRandom()
  const dataFolder = await mkdtemp(join(tmpdir(), 'berth-model-'))
  const oracle = new Oracle()
  const blobs = someBlobs(random, 24)
  let berth: Berth = await startBerth({ dataFolder, env: SETTINGS })
  const world = (): World => ({ client: registryClient(berth.url), oracle, random, blobs })
  const collect = async () => {
    const { code, stdout } = await berthCommand(dataFolder, ['gc', '--grace', '0', '--json'], {
      ...SETTINGS,
      BERTH_GC_UPLOAD_SECONDS: '0',
    })
    expect(code).toBe(0)
    oracle.collect()
    return JSON.parse(stdout) as { readonly dryRun: boolean }
  }
  const restart = async () => {
    await (random.chance(0.5) ? berth.stop() : berth.kill())
    berth = await startBerth({ dataFolder, env: SETTINGS })
  }
  try {
    for (let round = 0; round < ROUNDS; round++) {
      // The library is changed by one client alone; then all work at once, and mount from it.
      for (let step = 0; step < 10; step++) await oneOperation(world(), { repository: LIBRARY, sources: ['team/one'] })
      await Promise.all(
        ACTORS.map(async actor => {
          for (let step = 0; step < OPERATIONS; step++) await oneOperation(world(), actor)
        }),
      )
      if (random.chance(0.5)) await collect()
      if (random.chance(0.6)) await restart()
      await expectSame(registryClient(berth.url), oracle, blobs)
    }
    await collect()
    await expectSame(registryClient(berth.url), oracle, blobs)
    const stored = await storedObjects(dataFolder)
    expect([...stored.digests].sort()).toEqual([...oracle.storedBlobs()].sort())
    expect(stored.files).toBe(oracle.storedBlobs().size)
    expect(await uploadsLeft(dataFolder)).toBe(0)
  } catch (error) {
    console.error(`BERTH_TEST_SEED=${random.seed} repeats this.`)
    throw error
  } finally {
    await berth.kill()
    await rm(dataFolder, { recursive: true, force: true })
  }
}, 300_000)

test('clients that race for the same blobs and the same tag each get an answer that some order explains', async () => {
  const random = seededRandom()
  await using berth = await startBerth({ env: { ...SETTINGS, BERTH_GC_INTERVAL_SECONDS: '0.05' } })
  const client = registryClient(berth.url)
  for (let round = 0; round < 15; round++) {
    const blobs = someBlobs(random, 4).slice(1)
    const images = blobs.map(blob => imageOf([blob], { note: String(round) }))
    const pushed = await Promise.all(blobs.flatMap(blob => [1, 2, 3].map(() => client.pushBlob('race/repo', blob))))
    expect(new Set(pushed)).toEqual(new Set([201]))
    const put = await Promise.all(images.map(image => client.putManifest('race/repo', 'tip', image)))
    expect(put).toEqual([201, 201, 201])
    const tip = await client.get('race/repo', 'manifests', 'tip')
    expect(images.map(image => image.bytes)).toContainEqual(tip as Uint8Array<ArrayBuffer>)
    // A delete races with a mount: whichever came first, the mounted blob is whole, or the mount was refused.
    const [image, blob] = [images[0], blobs[0]]
    if (!image || !blob) throw new Error('There is an image.')
    await client.putManifest('race/repo', 'other', images[1] ?? image)
    const [mounted] = await Promise.all([
      client.mount('race/copy', blob.digest, 'race/repo'),
      client
        .remove('race/repo', 'manifests', image.digest)
        .then(() => client.remove('race/repo', 'blobs', blob.digest)),
    ])
    expect([201, 202]).toContain(mounted)
    expect(await client.get('race/copy', 'blobs', blob.digest)).toEqual(mounted === 201 ? blob.bytes : 404)
  }
}, 120_000)
