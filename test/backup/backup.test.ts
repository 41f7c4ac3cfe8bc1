import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { everythingServed } from '../support/everything-served.ts'
import type { ObjectServer } from '../support/object-server.ts'
import { startPushing } from '../support/pusher.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { startBerth } from '../support/start-berth.ts'
import { type Postgres, postgresBinaries, startPostgres } from '../support/start-postgres.ts'
import { startVersitygw } from '../support/start-versitygw.ts'
import { describeWithTools, needTool } from '../tools/find-tools.ts'
import { expectAll, fill } from '../transfer/everything.ts'

const needs = [{ name: 'PostgreSQL', isThere: () => postgresBinaries() !== undefined }, needTool('versitygw')]

describeWithTools('backup', 'berth backup and restore', needs, () => {
  let postgres: Postgres
  let s3: ObjectServer
  let folder: string
  beforeAll(async () => {
    ;[postgres, s3, folder] = await Promise.all([
      startPostgres(),
      startVersitygw(),
      mkdtemp(join(tmpdir(), 'berth-backup-')),
    ])
  })
  afterAll(async () => {
    await Promise.all([postgres, s3].map(server => server[Symbol.asyncDispose]()))
    await rm(folder, { recursive: true, force: true })
  })

  let numbers = 0
  const shapes = {
    embedded: async () => ({}),
    'scaled out': async () => ({
      BERTH_DATABASE: await postgres.createDatabase(),
      BERTH_BLOBS: await s3.createBucket(),
    }),
  }
  const places = {
    'a folder': async () => join(folder, `place-${++numbers}`),
    S3: () => s3.createBucket(),
  }
  const newData = () => join(folder, `data-${++numbers}`)
  const run = async (data: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { code, stdout, stderr } = await berthCommand(data, [...args, '--json'], { ...s3.credentials, ...env })
    return { code, stderr, report: stdout === '' ? {} : JSON.parse(stdout) }
  }

  for (const [shape, settings] of Object.entries(shapes)) {
    for (const [kind, place] of Object.entries(places)) {
      test(`a registry that is ${shape}, backed up to ${kind} while clients push, is restored as it was, now and then`, async () => {
        const [env, target] = [{ ...(await settings()), ...s3.credentials }, await place()]
        await using berth = await startBerth({ env })
        await fill(registryClient(berth.url))
        const pushers = ['busy/one', 'busy/two'].map(name => startPushing(berth.url, name))
        while (pushers.some(pusher => pusher.count() < 5)) await Bun.sleep(10)
        const first = await run(berth.dataFolder, ['backup', target], env)
        await Promise.all(pushers.map(pusher => pusher.stop()))
        expect(pushers.flatMap(pusher => pusher.odd)).toEqual([])
        expect(first).toMatchObject({ code: 0, report: { outcome: 'backed up', failures: [] } })

        const client = registryClient(berth.url)
        expect(await client.remove('app', 'manifests', 'nested')).toBe(202)
        expect(await client.pushBlob('later', blobOf('later'))).toBe(201)
        expect(await client.putManifest('later', 'v1', imageOf([blobOf('later')]))).toBe(201)
        const served = await everythingServed(berth.url)
        const second = await run(berth.dataFolder, ['backup', target], env)
        expect(second.code).toBe(0)
        expect(second.report.blobs).toBeLessThan(second.report.rows.blobs)
        const third = await run(berth.dataFolder, ['backup', target], env)
        expect(third).toMatchObject({ code: 0, report: { blobs: 0 } })
        expect(withoutOwnWork(third.report.rows)).toEqual(withoutOwnWork(second.report.rows))

        const list = await run(berth.dataFolder, ['backup', 'list', target], env)
        const names = (list.report as { name: string; takenAt: string }[]).map(({ name }) => name)
        expect(names).toEqual([first, second, third].map(each => each.report.snapshot))

        {
          const elsewhere = { ...(await settings()), ...s3.credentials }
          const data = newData()
          expect(await run(data, ['restore', target], elsewhere)).toMatchObject({
            code: 0,
            report: { outcome: 'restored', snapshot: names[2], rows: third.report.rows },
          })
          await using restored = await startBerth({ dataFolder: data, env: elsewhere })
          expect(await everythingServed(restored.url)).toEqual(served)
          expect(await registryClient(restored.url).pushBlob('app', blobOf('goes on'))).toBe(201)
          expect(await registryClient(restored.url).putManifest('new', 'v1', imageOf([blobOf('none')]))).toBe(404)
          expect(await berthCommand(data, ['verify'], elsewhere)).toMatchObject({ code: 0 })
        }
        // The past, into the other shape.
        const other = { ...(await shapes[shape === 'embedded' ? 'scaled out' : 'embedded']()), ...s3.credentials }
        const data = newData()
        const at = (list.report as { takenAt: string }[])[0]?.takenAt ?? ''
        expect(await run(data, ['restore', target, '--at', at], other)).toMatchObject({
          code: 0,
          report: { snapshot: names[0], rows: first.report.rows },
        })
        await using past = await startBerth({ dataFolder: data, env: other })
        await expectNested(past.url)
        expect(await registryClient(past.url).head('later', 'manifests', 'v1')).toBe(404)
        // Every tag of that moment leads to all that it needs.
        expect(Object.keys(await everythingServed(past.url)).length).toBeGreaterThan(30)
        expect(await run(newData(), ['backup', 'drill', target], {})).toMatchObject({
          code: 0,
          report: { isWell: true, findings: [], rows: third.report.rows },
        })
      })
    }
  }

  async function expectNested(url: string): Promise<void> {
    expect(await registryClient(url).head('app', 'manifests', 'nested')).toBe(200)
    expect(await registryClient(url).list('app/tags/list', 'tags')).toContain('v1.0')
  }

  for (const [kind, place] of Object.entries(places)) {
    describe(`on ${kind}`, () => {
      test('garbage collection during a backup leaves it complete', async () => {
        await using berth = await startBerth({ env: { BERTH_TRASH_DAYS: '0' } })
        const client = registryClient(berth.url)
        const images = []
        for (let number = 0; number < 30; number += 1) {
          const layer = blobOf(crypto.getRandomValues(new Uint8Array(30_000)))
          expect(await client.pushBlob('app', layer)).toBe(201)
          images.push(imageOf([layer]))
          expect(await client.putManifest('app', `t${number}`, imageOf([layer]))).toBe(201)
        }
        const target = await place()
        let running = true
        const backups = (async () => {
          const codes = []
          for (let number = 0; number < 4; number += 1)
            codes.push((await run(berth.dataFolder, ['backup', target])).code)
          running = false
          return codes
        })()
        for (const image of images) {
          if (!running) break
          expect(await client.remove('app', 'manifests', image.digest)).toBe(202)
          await berthCommand(berth.dataFolder, ['gc', '--grace', '0'], { BERTH_GC_REMOVAL_DELAY_SECONDS: '0' })
        }
        expect(await backups).toEqual([0, 0, 0, 0])
        const list = await run(berth.dataFolder, ['backup', 'list', target])
        for (const { takenAt } of list.report as { takenAt: string }[]) {
          expect(await run(newData(), ['backup', 'drill', target, '--at', takenAt])).toMatchObject({ code: 0 })
        }
      })

      test('--keep removes old snapshots and what only they need', async () => {
        await using berth = await startBerth()
        const client = registryClient(berth.url)
        await fill(client)
        const target = await place()
        const old = blobOf('old')
        expect(await client.pushBlob('app', old)).toBe(201)
        expect((await run(berth.dataFolder, ['backup', target])).code).toBe(0)
        expect(await client.remove('app', 'blobs', old.digest)).toBe(202)
        expect((await run(berth.dataFolder, ['backup', target, '--keep', '2'])).report).toMatchObject({
          removed: { snapshots: 0, blobs: 0 },
        })
        expect((await run(berth.dataFolder, ['backup', target, '--keep', '2'])).report).toMatchObject({
          removed: { snapshots: 1, blobs: 1 },
        })
        const data = newData()
        expect(await run(data, ['restore', target])).toMatchObject({ code: 0 })
        await using restored = await startBerth({ dataFolder: data })
        await expectAll(registryClient(restored.url))
      })

      test('what holds something else is left alone', async () => {
        await using berth = await startBerth()
        await fill(registryClient(berth.url))
        const target = await place()
        expect((await run(berth.dataFolder, ['backup', target])).code).toBe(0)
        expect(await run(berth.dataFolder, ['restore', target])).toMatchObject({
          code: 2,
          stderr: expect.stringContaining('stop it first'),
        })
        await berth.stop()
        expect(await run(berth.dataFolder, ['restore', target])).toMatchObject({
          code: 1,
          report: { outcome: 'occupied' },
        })
        expect(await run(newData(), ['restore', target, '--at', '2020-01-01'])).toMatchObject({
          code: 1,
          report: { outcome: 'no snapshot' },
        })
      })
    })
  }

  test('a folder that is no backup takes none', async () => {
    await using berth = await startBerth()
    const target = join(folder, 'documents')
    await Bun.write(join(target, 'letter.txt'), 'Dear')
    expect(await run(berth.dataFolder, ['backup', target])).toMatchObject({ code: 1, report: { outcome: 'occupied' } })
    expect(await readdir(target)).toEqual(['letter.txt'])
  })
})

const READ_LATER: ReadonlySet<string> = new Set(['image_details', 'packages', 'inventories', 'inventory_packages'])

/** What a server goes on writing by itself: its audit log, and what images say of themselves and hold. */
function withoutOwnWork(rows: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(rows).filter(([table]) => !table.startsWith('audit_') && !READ_LATER.has(table)),
  )
}
