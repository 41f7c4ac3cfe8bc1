import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BERTH, berthCommand } from '../support/berth-command.ts'
import { databaseSettings } from '../support/database.ts'
import { everythingServed } from '../support/everything-served.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { startBerth, withoutSettings } from '../support/start-berth.ts'
import { filesBelow } from '../transfer/commands.ts'
import { expectAll, fill } from '../transfer/everything.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-backup-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = async (data: string, ...args: string[]) => {
  const { code, stdout, stderr } = await berthCommand(data, [...args, '--json'])
  return { code, stderr, report: stdout === '' ? {} : JSON.parse(stdout) }
}

/** Starts a command and kills it as soon as `isTime`. */
async function killed(data: string, args: readonly string[], isTime: () => Promise<boolean>): Promise<void> {
  const child = Bun.spawn([BERTH, ...args], {
    env: { ...withoutSettings(process.env), BERTH_DATA: data, ...(await databaseSettings(data)) },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  while (!(await isTime())) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode} before it was killed.`)
    await Bun.sleep(1)
  }
  child.kill('SIGKILL')
  await child.exited
}

const files = async (path: string) => (await filesBelow(path).catch(() => [])).length

test('a backup and a restore that are killed are run again, and the former snapshot stays whole', async () => {
  await using berth = await startBerth()
  const client = registryClient(berth.url)
  await fill(client)
  const target = join(folder, 'killed')
  expect(await run(berth.dataFolder, 'backup', target)).toMatchObject({ code: 0 })
  for (let number = 0; number < 60; number += 1) {
    const layer = blobOf(crypto.getRandomValues(new Uint8Array(400_000)))
    expect(await client.pushBlob('big', layer)).toBe(201)
    expect(await client.putManifest('big', `t${number}`, imageOf([layer]))).toBe(201)
  }
  const before = await files(join(target, 'blobs'))
  await killed(berth.dataFolder, ['backup', target], async () => (await files(join(target, 'blobs'))) > before + 5)
  expect(await run(berth.dataFolder, 'backup', 'drill', target)).toMatchObject({ code: 0 })
  const again = await run(berth.dataFolder, 'backup', target)
  expect(again.code).toBe(0)
  expect(again.report.blobs).toBeLessThan(60)
  expect(await readdir(join(target, 'unfinished'))).toEqual(['lock'])

  const data = join(folder, 'killed-data')
  await killed(data, ['restore', target], async () => (await files(join(data, 'blobs'))) > 10)
  await expect(startBerth({ dataFolder: data })).rejects.toThrow('berth restore')
  const restored = await run(data, 'restore', target)
  expect(restored).toMatchObject({ code: 0, report: { outcome: 'restored' } })
  expect(restored.report.blobs).toBeLessThan(60)
  await using next = await startBerth({ dataFolder: data })
  expect(await everythingServed(next.url)).toEqual(await everythingServed(berth.url))
})

test('what is damaged in a backup fails the drill by name, and a restore brings all else', async () => {
  await using berth = await startBerth()
  const client = registryClient(berth.url)
  await fill(client)
  const bad = blobOf('damaged in the backup')
  expect(await client.pushBlob('app', bad)).toBe(201)
  expect(await client.putManifest('app', 'bad', imageOf([bad]))).toBe(201)
  const target = join(folder, 'damaged')
  expect(await run(berth.dataFolder, 'backup', target)).toMatchObject({ code: 0 })
  const encoded = bad.digest.slice(7)
  await Bun.write(join(target, 'blobs', 'sha256', encoded.slice(0, 2), encoded), 'DAMAGED in the backup')
  const scratch = join(folder, 'scratch')
  await Bun.write(join(scratch, 'keep'), '')
  const drilled = await run(berth.dataFolder, 'backup', 'drill', target, '--scratch', scratch)
  expect(drilled).toMatchObject({ code: 1, report: { isWell: false, failures: [{ digest: bad.digest }] } })
  expect(await readdir(scratch)).toEqual(['keep'])
  const data = join(folder, 'damaged-data')
  expect(await run(data, 'restore', target)).toMatchObject({ code: 1, report: { failures: [{ digest: bad.digest }] } })
  await using restored = await startBerth({ dataFolder: data })
  const there = registryClient(restored.url)
  expect(await there.head('app', 'blobs', bad.digest)).toBe(404)
  expect(await there.pushBlob('app', bad)).toBe(201)
  expect(await there.get('app', 'blobs', bad.digest)).toEqual(bad.bytes)
  expect(await there.remove('app', 'manifests', 'bad')).toBe(202)
  await expectAll(there)
})

test('a snapshot that is damaged or cut short is refused', async () => {
  await using berth = await startBerth()
  await fill(registryClient(berth.url))
  const target = join(folder, 'cut')
  expect(await run(berth.dataFolder, 'backup', target)).toMatchObject({ code: 0 })
  const [name = ''] = await readdir(join(target, 'snapshots'))
  const path = join(target, 'snapshots', name)
  const whole = await Bun.file(path).bytes()
  const lines = new TextDecoder().decode(Bun.gunzipSync(whole)).split('\n')
  for (const bytes of [
    whole.slice(0, whole.length / 2),
    Bun.gzipSync(lines.slice(0, -2).join('\n')),
    Bun.gzipSync(lines.join('\n').replace('latest', 'newest')),
    new Uint8Array(),
  ]) {
    await Bun.write(path, bytes)
    const data = join(folder, `cut-data`)
    const refused = await run(data, 'restore', target)
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('is damaged') })
  }
})

test('what is damaged in the registry is named and left out, and the rest is backed up', async () => {
  await using berth = await startBerth()
  const client = registryClient(berth.url)
  await fill(client)
  const bad = blobOf('damaged in the registry')
  expect(await client.pushBlob('app', bad)).toBe(201)
  expect(await client.putManifest('app', 'bad', imageOf([bad]))).toBe(201)
  const encoded = bad.digest.slice(7)
  const path = (await filesBelow(join(berth.dataFolder, 'blobs'))).find(file => file.includes(encoded)) ?? ''
  await Bun.write(path, 'DAMAGED in the registry')
  const target = join(folder, 'left-out')
  const backedUp = await run(berth.dataFolder, 'backup', target)
  expect(backedUp).toMatchObject({ code: 1, report: { outcome: 'backed up', failures: [{ digest: bad.digest }] } })
  const data = join(folder, 'left-out-data')
  expect(await run(data, 'restore', target)).toMatchObject({ code: 0, report: { outcome: 'restored' } })
  await using restored = await startBerth({ dataFolder: data })
  const there = registryClient(restored.url)
  expect(await there.head('app', 'blobs', bad.digest)).toBe(404)
  expect(await there.pushBlob('app', bad)).toBe(201)
  expect(await there.remove('app', 'manifests', 'bad')).toBe(202)
  await expectAll(there)
})
