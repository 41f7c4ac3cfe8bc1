import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BERTH, berthCommand } from '../support/berth-command.ts'
import { onPostgres, sqlOn } from '../support/database.ts'
import { blobsIn } from '../support/object-storage.ts'
import { seededRandom } from '../support/random.ts'
import { blobOf, type Document, digestOf, type RegistryClient, registryClient } from '../support/registry-client.ts'
import { storeSettings } from '../support/settings.ts'
import { replicaCount, startBerth, withoutSettings } from '../support/start-berth.ts'
import { someBlobs } from './clients.ts'
import { storedObjects, uploadsLeft } from './compare.ts'
import { type CrashWorld, workUntilCutOff } from './crash-clients.ts'
import { CrashRecord } from './crash-record.ts'

const SETTINGS = {
  BERTH_GC_INTERVAL_SECONDS: '0.02',
  BERTH_GC_GRACE_SECONDS: '0.4',
  BERTH_GC_REMOVAL_DELAY_SECONDS: '0',
  BERTH_TRASH_DAYS: '0',
  BERTH_LOG_REQUESTS: 'none',
  BERTH_BLOBS_CLAIM_SECONDS: '0.5',
}

/** Every blob that is needed by what is there; each manifest that is there was pulled whole. */
async function pullEverything(client: RegistryClient, record: CrashRecord): Promise<Set<string>> {
  const needed = new Set<string>()
  for (const [digest, { document, presence }] of record.manifests) {
    const got = await client.get(record.repository, 'manifests', digest)
    if (presence === 'present') expect({ digest, got }).toEqual({ digest, got: document.bytes })
    if (presence === 'absent') expect({ digest, got }).toEqual({ digest, got: 404 })
    if (got === 404) continue
    expect(got).toEqual(document.bytes)
    for (const blob of await pullWhole(client, record.repository, document)) needed.add(blob)
  }
  for (const [tag, targets] of record.tags) {
    const got = await client.get(record.repository, 'manifests', tag)
    expect([...targets]).toContain(typeof got === 'number' ? undefined : digestOf(got))
  }
  return needed
}

/** Digests of the blobs it names. */
async function pullWhole(client: RegistryClient, repository: string, document: Document): Promise<readonly string[]> {
  const kind = document.mediaType.includes('index') ? 'manifests' : 'blobs'
  for (const target of document.needs) {
    const body = await client.get(repository, kind, target)
    if (typeof body === 'number') throw new Error(`${repository}@${document.digest} needs ${target}: ${body}`)
    expect(digestOf(body)).toBe(target)
  }
  return kind === 'blobs' ? document.needs : []
}

async function crashLoop(
  kills: number,
  env: Readonly<Record<string, string>>,
  killOne: (pid: number) => Promise<boolean>,
) {
  const random = seededRandom()
  const dataFolder = await mkdtemp(join(tmpdir(), 'berth-crash-'))
  const records = ['crash/one', 'crash/two', 'crash/three', 'crash/four'].map(name => new CrashRecord(name))
  const large = [1.2, 2, 3].map(mebibytes => random.bytes(Math.floor(mebibytes * 2 ** 20)))
  const blobs = [...someBlobs(random, 20), ...large.map(blobOf)]
  const counts: CrashWorld['counts'] = { acknowledged: 0, cutOff: 0, unexpected: [] }
  try {
    for (let kill = 0; kill < kills; kill++) {
      const berth = await startBerth({ dataFolder, env: { ...SETTINGS, ...env } })
      const client = registryClient(berth.url)
      const working = records.map(record =>
        workUntilCutOff({ client, random, blobs, counts, others: records.map(each => each.repository) }, record),
      )
      const collector = random.chance(0.3)
        ? Bun.spawn([BERTH, 'gc', '--grace', '0.4', '--json'], {
            env: {
              ...withoutSettings(process.env),
              BERTH_DATA: dataFolder,
              ...(await storeSettings(dataFolder)),
              ...SETTINGS,
            },
            stdout: 'ignore',
            stderr: 'ignore',
          })
        : undefined
      // On a slow machine all kills would come before anything is acknowledged: every other one waits for that.
      const before = counts.acknowledged
      while (kill % 2 === 0 && counts.acknowledged === before) await Bun.sleep(5)
      await Bun.sleep((collector ? 60 : 5) + random.below(blobsIn ? 900 : onPostgres ? 500 : 150))
      if (random.chance(0.5)) collector?.kill('SIGKILL')
      if (await killOne(berth.pid)) await Bun.sleep(50)
      await berth.kill()
      await Promise.all(working)
      collector?.kill('SIGKILL')
      await collector?.exited
      await untilNobodyWrites(dataFolder)
    }
    expect(counts.unexpected).toEqual([])
    await expectNothingLost(dataFolder, records, env)
  } catch (error) {
    console.error(`BERTH_TEST_SEED=${random.seed} repeats the choices of this.`)
    throw error
  } finally {
    await rm(dataFolder, { recursive: true, force: true })
  }
  return counts
}

/**
 * PostgreSQL goes on with what it was asked by those that were killed: a push that nobody was told of could come after the
 * delete of the same image that the next servers acknowledge.
 */
async function untilNobodyWrites(dataFolder: string): Promise<void> {
  if (!onPostgres) return
  const others = `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
  while ((await sqlOn(dataFolder, others)).length > 0) await Bun.sleep(20)
}

async function expectNothingLost(
  dataFolder: string,
  records: readonly CrashRecord[],
  env: Readonly<Record<string, string>>,
) {
  await using berth = await startBerth({ dataFolder, env: { ...SETTINGS, ...env, BERTH_GC_INTERVAL_SECONDS: '0' } })
  // Claims of those that were killed end by themselves, where there are other replicas to wait for them; and the storage
  // may still be taking in what they sent with their last breath.
  if (blobsIn !== undefined) await Bun.sleep(3000)
  const client = registryClient(berth.url)
  const verified = await berthCommand(dataFolder, ['verify', '--json'])
  expect({ code: verified.code, output: verified.stdout + verified.stderr }).toEqual({
    code: 0,
    output: verified.stdout,
  })
  for (const record of records) await pullEverything(client, record)
  const collected = await berthCommand(dataFolder, ['gc', '--grace', '0', '--json'], {
    ...SETTINGS,
    BERTH_GC_UPLOAD_SECONDS: '0',
  })
  expect(collected.code).toBe(0)
  const needed = new Set<string>()
  for (const record of records) for (const digest of await pullEverything(client, record)) needed.add(digest)
  const stored = await storedObjects(dataFolder)
  expect([...stored.digests].sort()).toEqual([...needed].sort())
  expect(stored.files).toBe(needed.size)
  expect(await uploadsLeft(dataFolder)).toBe(0)
}

/** Replicas take seconds to start, object storages are slower than a disk: fewer kills say as much about what is not the disk's. */
const KILLS = replicaCount > 1 ? 15 : blobsIn === undefined ? 200 : 60
const KILLS_OF_WORKERS = replicaCount > 1 ? 5 : 12

test(`nothing that was acknowledged is lost when the server is killed ${KILLS} times in the middle of its work`, async () => {
  const kills = KILLS
  const { acknowledged, cutOff } = await crashLoop(kills, {}, async () => false)
  console.log(`${kills} kills, ${acknowledged} manifests acknowledged, ${cutOff} requests cut off`)
  expect(acknowledged).toBeGreaterThanOrEqual(kills / 2)
  expect(cutOff).toBeGreaterThan(kills)
}, 600_000)

test('with two processes, the death of a worker or of all loses nothing either', async () => {
  const killWorker = async (pid: number) => {
    const children = await Bun.file(`/proc/${pid}/task/${pid}/children`).text()
    const worker = Number(children.trim().split(' ')[0])
    if (worker > 0) process.kill(worker, 'SIGKILL')
    return worker > 0
  }
  const { acknowledged, cutOff } = await crashLoop(KILLS_OF_WORKERS, { BERTH_PROCESSES: '2' }, killWorker)
  expect(acknowledged).toBeGreaterThanOrEqual(KILLS_OF_WORKERS / 2)
  expect(cutOff).toBeGreaterThan(KILLS_OF_WORKERS)
}, 300_000)
