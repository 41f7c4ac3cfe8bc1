import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { someBlobs } from '../../faults/clients.ts'
import { storedObjects } from '../../faults/compare.ts'
import { berthCommand } from '../../support/berth-command.ts'
import { onPostgres } from '../../support/database.ts'
import { blobsIn } from '../../support/object-storage.ts'
import { type Random, seededRandom } from '../../support/random.ts'
import { blobOf, registryClient } from '../../support/registry-client.ts'
import { type Api, apiOf } from '../../support/sign-in.ts'
import { type Berth, startBerth } from '../../support/start-berth.ts'
import { KeptRecord, NEWEST_BUILDS } from './kept-record.ts'
import { asked, runOnce } from './operations.ts'
import { expectAllRestorable, expectKept, neededBlobs } from './settle.ts'
import { type Counts, runRules, workUntilCutOff } from './work.ts'

/** What is deleted lies in the trash for a week in one project, and hardly at all in the other. */
const PROJECTS = { stress: { trashDays: 7 }, brief: {} } as const
const REPOSITORIES = ['stress/one', 'stress/two', 'stress/three', 'brief/one', 'brief/two']
const SETTINGS = {
  BERTH_TRASH_DAYS: '0.00001',
  BERTH_GC_INTERVAL_SECONDS: '0.05',
  BERTH_GC_GRACE_SECONDS: '0.4',
  BERTH_GC_REMOVAL_DELAY_SECONDS: '0',
  BERTH_LOG_REQUESTS: 'none',
  BERTH_BLOBS_CLAIM_SECONDS: '0.5',
}
const QUIET = { ...SETTINGS, BERTH_GC_INTERVAL_SECONDS: '0' }

/** Everything but what is kept, immutable or new goes, and goes at once. */
const POLICY = {
  isDryRun: true,
  fusePercent: 100,
  rules: [
    rule('keeps', 'keep', { tags: [{ glob: 'keep-*' }] }),
    rule('would take what is kept', 'delete', { tags: [{ glob: 'keep-*' }] }),
    rule('would take what is immutable', 'delete', { tags: [{ glob: 'release-*' }] }),
    rule('temporary', 'delete', { tags: [{ glob: 'tmp-*' }] }),
    rule('untagged', 'delete', { state: 'untagged' }),
    rule(
      'old builds',
      'delete',
      { tags: [{ glob: 'build-*' }] },
      { beyondNewest: { count: NEWEST_BUILDS, by: 'push' } },
    ),
  ],
}

function rule(name: string, action: 'keep' | 'delete', select: object, when: object = {}) {
  return { name, action, select, when }
}

const KILLS = onPostgres ? 7 : 14
/**
 * In PostgreSQL, who was killed holds the lease on runs of rules a while: two servers live until it has ended, and rules
 * have deleted something; not for ever, where they do not.
 */
async function live(kill: number, random: Random, counts: Counts): Promise<void> {
  await Bun.sleep(1000 + random.below(3000))
  if (!onPostgres || kill % 3 !== 2) return
  const { runs, deletedByRules } = counts
  for (let tries = 0; tries < 150 && (counts.runs === runs || counts.deletedByRules < deletedByRules + 5); tries += 1)
    await Bun.sleep(1000)
}

test(`runs of rules, garbage collection, pushes, mounts, moves and restores at once, with the server killed ${KILLS} times, lose nothing that should stay`, async () => {
  const random = seededRandom()
  const dataFolder = await mkdtemp(join(tmpdir(), 'berth-stress-'))
  const records = REPOSITORIES.map(name => new KeptRecord(name))
  const counts: Counts = {
    acknowledged: 0,
    refused: 0,
    restored: 0,
    cutOff: 0,
    runs: 0,
    deletedByRules: 0,
    unexpected: [],
  }
  try {
    await setUp(dataFolder)
    for (let kill = 0; kill < KILLS; kill += 1) await oneLife(dataFolder, { records, random, counts, kill })
    console.log(JSON.stringify({ ...counts, kills: KILLS }))
    expect(counts.unexpected).toEqual([])
    const least = {
      acknowledged: KILLS,
      refused: 3,
      restored: 3,
      cutOff: KILLS,
      runs: onPostgres ? 1 : 5,
      deletedByRules: 5,
    }
    for (const [what, atLeast] of Object.entries(least))
      expect({ [what]: counts[what as keyof typeof least] >= atLeast }).toEqual({ [what]: true })
    await expectNothingLost(dataFolder, records)
  } catch (error) {
    console.error(`BERTH_TEST_SEED=${random.seed} repeats the choices of this.`)
    throw error
  } finally {
    await rm(dataFolder, { recursive: true, force: true })
  }
}, 600_000)

async function setUp(dataFolder: string): Promise<void> {
  await using berth = await startBerth({ dataFolder, env: QUIET })
  const api = apiOf(berth.url)
  for (const [project, settings] of Object.entries(PROJECTS)) {
    const at = `/projects/${project}`
    await asked(api, 'POST', '/projects', { name: project })
    await asked(api, 'PATCH', `${at}/policy`, settings)
    await asked(api, 'PUT', `${at}/immutability-rules/releases`, { tags: [{ glob: 'release-*' }] })
    await asked(api, 'PUT', `${at}/retention`, POLICY)
    await asked(api, 'POST', `${at}/retention/enforcement`)
  }
  await berth.stop()
}

async function oneLife(
  dataFolder: string,
  {
    records,
    random,
    counts,
    kill,
  }: {
    readonly records: readonly KeptRecord[]
    readonly random: Random
    readonly counts: Counts
    readonly kill: number
  },
): Promise<void> {
  await using berth = await startBerth({ dataFolder, env: SETTINGS })
  const world = worldOf(berth, records, random, counts)
  const working = [
    ...records.map(record => workUntilCutOff(world, record)),
    ...Object.keys(PROJECTS).map(project => runRules(world, project)),
  ]
  await live(kill, random, counts)
  await berth.kill()
  await Promise.all(working)
}

const blobsOf = new WeakMap<Random, ReturnType<typeof someBlobs>>()

function worldOf(berth: Berth, records: readonly KeptRecord[], random: Random, counts: Counts) {
  const blobs = blobsOf.get(random) ?? [...someBlobs(random, 20), blobOf(random.bytes(1_500_000))]
  blobsOf.set(random, blobs)
  const repositories = records.map(({ repository }) => repository)
  return { client: registryClient(berth.url), api: apiOf(berth.url), random, blobs, counts, repositories }
}

async function expectNothingLost(dataFolder: string, records: readonly KeptRecord[]): Promise<void> {
  await using berth = await startBerth({ dataFolder, env: QUIET })
  // The storage may still be taking in what those who were killed sent with their last breath.
  if (blobsIn !== undefined) await Bun.sleep(3000)
  const client = registryClient(berth.url)
  const api = apiOf(berth.url)
  await expectSound(dataFolder, api)
  for (const record of records) await expectKept(client, api, record)
  for (const project of Object.keys(PROJECTS)) expect((await runOnce(api, project)).outcome).toBe('completed')
  for (const record of records) await expectKept(client, api, record)
  for (const record of records)
    if (record.repository.startsWith('stress/')) await expectAllRestorable(client, api, record)
  const collected = await berthCommand(dataFolder, ['gc', '--grace', '0', '--json'], {
    ...QUIET,
    BERTH_GC_UPLOAD_SECONDS: '0',
  })
  expect(collected.code).toBe(0)
  const needed = new Set<string>()
  for (const record of records) for (const digest of await neededBlobs(client, record)) needed.add(digest)
  const stored = await storedObjects(dataFolder)
  for (const digest of stored.digests) {
    if (needed.has(digest)) continue
    const { stdout } = await berthCommand(dataFolder, ['gc', '--explain', digest, '--json'], QUIET)
    console.error(`${digest} is there and not needed: ${stdout}`)
  }
  expect([...stored.digests].sort()).toEqual([...needed].sort())
  expect(stored.files).toBe(needed.size)
  await expectSound(dataFolder, api)
}

/** Every byte is what its digest says, and usage is what is counted anew. */
async function expectSound(dataFolder: string, api: Api): Promise<void> {
  const { code, stdout, stderr } = await berthCommand(dataFolder, ['verify', '--json'], QUIET)
  expect({ code, output: stdout + stderr }).toEqual({ code: 0, output: stdout })
  expect(await asked(api, 'GET', '/usage/check')).toEqual({ items: [] })
}
