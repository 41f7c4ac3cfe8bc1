import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { sqlOn } from '../support/database.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { storeOf } from '../support/stored-objects.ts'
import { exportFrom, filesBelow, importInto } from './commands.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-damaged-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const config = blobOf('{"os":"damaged"}')
const good = blobOf('good'.repeat(100_000))
const short = blobOf('short'.repeat(500_000))
const long = blobOf('long')
const changed = blobOf('changed'.repeat(300_000))
const gone = blobOf('gone')
const whole = imageOf([config, good])
const broken = [short, long, changed, gone]

async function damagedRegistry(): Promise<Berth> {
  const berth = await startBerth()
  const client = registryClient(berth.url)
  for (const blob of [config, good, ...broken]) expect(await client.pushBlob('team/app', blob)).toBe(201)
  expect(await client.putManifest('team/app', 'whole', whole)).toBe(201)
  for (const blob of broken) {
    expect(await client.putManifest('team/app', `b${blob.digest.slice(7, 12)}`, imageOf([config, blob]))).toBe(201)
  }
  const store = await storeOf(berth.dataFolder)
  await store.damage(short.digest, short.bytes.slice(0, 1_234_567))
  await store.damage(long.digest, 'longer')
  await store.damage(changed.digest, 'chanted'.repeat(300_000))
  await store.damage(gone.digest, undefined)
  return berth
}

for (const kind of ['folder', 'tar'] as const) {
  test(`an export to a ${kind} lists blobs that are damaged, leaves them out and takes the rest`, async () => {
    await using berth = await damagedRegistry()
    const target = join(folder, kind === 'tar' ? 'out.tar' : 'out')
    const { code, report, stderr } = await exportFrom(berth.dataFolder, target)
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(report.failures.map(({ repository, digest }) => `${repository}@${digest}`).sort()).toEqual(
      broken.map(({ digest }) => `team/app@${digest}`).sort(),
    )
    const reasons = new Map(report.failures.map(({ digest, reason }) => [digest, reason]))
    expect(reasons.get(short.digest)).toBe('It has 1234567 bytes instead of 2500000.')
    expect(reasons.get(long.digest)).toBe('It has 6 bytes instead of 4.')
    expect(reasons.get(changed.digest)).toBe('Its bytes do not have its digest.')
    expect(reasons.get(gone.digest)).toContain('is not in the store')
    expect(report).toMatchObject({ repositories: 1, manifests: 5, blobs: 2 })
    const files = await filesBelow(folder)
    expect(files.filter(file => file.endsWith('.part'))).toEqual([])
    for (const { digest } of broken) expect(files.filter(file => file.includes(digest.slice(7)))).toEqual([])

    if (kind === 'tar') await listsWithTar(target)
    await using other = await startBerth()
    const imported = await importInto(other.dataFolder, target)
    expect(imported).toMatchObject({ code: 1, report: { manifests: 1, blobs: 2 } })
    expect(imported.report.failures).toHaveLength(4)
    const client = registryClient(other.url)
    expect(await client.get('team/app', 'manifests', 'whole')).toEqual(whole.bytes)
    expect(await client.get('team/app', 'blobs', good.digest)).toEqual(good.bytes)
  })
}

/** Another reader than ours finds the archive whole, and the damaged blobs not in it. */
async function listsWithTar(file: string): Promise<void> {
  const child = Bun.spawn(['tar', '-tf', file], { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [names, errors, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(names).toContain(good.digest.slice(7))
  for (const { digest } of broken) expect(names).not.toContain(digest.slice(7))
}

test('without --json each is a line, and a registry without damage exports with 0 once it is mended', async () => {
  await using berth = await damagedRegistry()
  const target = join(folder, 'mended')
  const { code, stdout } = await berthCommand(berth.dataFolder, ['export', target])
  expect(code).toBe(1)
  expect(stdout).toContain(`not exported: team/app@${short.digest}: It has 1234567 bytes instead of 2500000.\n`)
  expect(stdout.trim().split('\n')).toHaveLength(5)
  const store = await storeOf(berth.dataFolder)
  await store.damage(short.digest, short.bytes)
  await store.damage(changed.digest, changed.bytes)
  await store.damage(long.digest, long.bytes.slice(0, 4))
  const again = await exportFrom(berth.dataFolder, target)
  expect(again.report.failures.map(({ digest }) => digest)).toEqual([gone.digest])
  const blobs = (await filesBelow(target)).map(file => file.slice(-64))
  for (const { digest } of [short, long, changed]) expect(blobs).toContain(digest.slice(7))
})

test('a manifest that is damaged is listed, and no index names it', async () => {
  const berth = await startBerth()
  await using _ = berth
  const client = registryClient(berth.url)
  for (const blob of [config, good]) await client.pushBlob('team/app', blob)
  const other = imageOf([config], { note: 'other' })
  await client.putManifest('team/app', 'whole', whole)
  await client.putManifest('team/app', 'other', other)
  await berth.stop()
  const bytes = Buffer.from('{"not":"it"}')
  await sqlOn(berth.dataFolder, 'update manifests set bytes = ? where digest = ?', [bytes, other.digest])
  const target = join(folder, 'manifest')
  expect(await exportFrom(berth.dataFolder, target)).toMatchObject({
    code: 1,
    report: { manifests: 1, tags: 1, failures: [{ repository: 'team/app', digest: other.digest }] },
  })
  const { manifests } = await Bun.file(join(target, 'team', 'app', 'index.json')).json()
  expect(manifests).toMatchObject([{ digest: whole.digest }])
  expect(await Bun.file(join(target, 'team/app/blobs/sha256', other.digest.slice(7))).exists()).toBe(false)
})
