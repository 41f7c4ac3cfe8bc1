import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { oneOperation, someBlobs, type World } from '../faults/clients.ts'
import { Oracle } from '../faults/oracle.ts'
import { berthCommand } from '../support/berth-command.ts'
import { seededRandom } from '../support/random.ts'
import { type Bytes, registryClient } from '../support/registry-client.ts'
import { apiOf } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'

const REPOSITORIES = ['team/one', 'team/two', 'team', 'other/one', 'other/two'] as const
const SETTINGS = {
  BERTH_GC_INTERVAL_SECONDS: '0',
  BERTH_GC_REMOVAL_DELAY_SECONDS: '0',
  BERTH_TRASH_DAYS: '0',
  BERTH_LOG_REQUESTS: 'none',
}

interface Used {
  readonly bytes: number
  readonly repositories: number
  readonly tags: number
  readonly manifests: number
}

/** What a plain model says is used: each blob once, however many repositories have it. */
function modelled(oracle: Oracle, blobs: readonly Bytes[], isIn: (repository: string) => boolean): Used {
  const here = [...oracle.repositories].filter(([name]) => isIn(name)).map(([, repository]) => repository)
  const held = new Set(here.flatMap(repository => [...repository.blobs]))
  const manifests = here.flatMap(repository => [...repository.manifests.values()])
  const sizes = [...blobs.filter(({ digest }) => held.has(digest)), ...manifests].map(({ bytes }) => bytes.length)
  return {
    bytes: sizes.reduce((total, size) => total + size, 0),
    repositories: here.length,
    tags: here.reduce((total, { tags }) => total + tags.size, 0),
    manifests: manifests.length,
  }
}

test('after each step of a random history, what projects and the registry use is what a plain model says', async () => {
  const random = seededRandom()
  const dataFolder = await mkdtemp(join(tmpdir(), 'berth-usage-'))
  const blobs = someBlobs(random, 12)
  const oracle = new Oracle()
  let berth: Berth = await startBerth({ dataFolder, env: SETTINGS })
  const expectUsed = async () => {
    const ask = apiOf(berth.url)
    for (const project of ['team', 'other']) {
      const expected = modelled(oracle, blobs, name => name.split('/')[0] === project)
      const { status, body } = await ask('GET', `/projects/${project}/quota`)
      if (expected.repositories === 0 && status === 404) continue
      expect({ project, used: body.used }).toEqual({ project, used: expected })
    }
    const { body } = await ask('GET', '/quota')
    expect(body.used).toEqual(modelled(oracle, blobs, () => true))
  }
  try {
    for (let step = 0; step < 250; step++) {
      const world: World = { client: registryClient(berth.url), oracle, random, blobs }
      await oneOperation(world, { repository: random.pick(REPOSITORIES), sources: REPOSITORIES })
      if (random.chance(0.04)) {
        expect(await berthCommand(dataFolder, ['gc', '--grace', '0'], SETTINGS)).toMatchObject({ code: 0 })
        oracle.collect()
      }
      if (random.chance(0.01)) {
        await berth.kill()
        berth = await startBerth({ dataFolder, env: SETTINGS })
      }
      await expectUsed()
    }
    // Several clients at once, each in a repository of its own.
    await Promise.all(
      REPOSITORIES.map(async repository => {
        const world: World = { client: registryClient(berth.url), oracle, random, blobs }
        for (let step = 0; step < 40; step++) await oneOperation(world, { repository, sources: [repository] })
      }),
    )
    await expectUsed()
    expect((await apiOf(berth.url)('GET', '/usage/check')).body).toEqual({ items: [] })
  } catch (error) {
    throw new Error(`with BERTH_TEST_SEED=${random.seed}`, { cause: error })
  } finally {
    await berth[Symbol.asyncDispose]()
    await rm(dataFolder, { recursive: true, force: true })
  }
})
