import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgresClient from 'postgres'
import { BERTH, berthCommand } from '../support/berth-command.ts'
import { databaseSettings, sqlOn } from '../support/database.ts'
import { everythingServed } from '../support/everything-served.ts'
import type { ObjectServer } from '../support/object-server.ts'
import { startPushing } from '../support/pusher.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { startBerth, withoutSettings } from '../support/start-berth.ts'
import { type Postgres, postgresBinaries, startPostgres } from '../support/start-postgres.ts'
import { startVersitygw } from '../support/start-versitygw.ts'
import { describeWithTools, needTool } from '../tools/find-tools.ts'
import { expectAll, fill } from '../transfer/everything.ts'

const needs = [{ name: 'PostgreSQL', isThere: () => postgresBinaries() !== undefined }, needTool('versitygw')]

describeWithTools('migrate-store', 'berth migrate-store', needs, () => {
  let postgres: Postgres
  let s3: ObjectServer
  let folder: string
  beforeAll(async () => {
    ;[postgres, s3, folder] = await Promise.all([
      startPostgres(),
      startVersitygw(),
      mkdtemp(join(tmpdir(), 'berth-move-')),
    ])
  })
  afterAll(async () => {
    await Promise.all([postgres, s3].map(server => server[Symbol.asyncDispose]()))
    await rm(folder, { recursive: true, force: true })
  })

  /** A place of the scaled-out shape: the settings that serve from it, and the flags that lead there. */
  const scaledOut = async () => {
    const [database, blobs] = await Promise.all([postgres.createDatabase(), s3.createBucket()])
    return {
      env: { BERTH_DATABASE: database, BERTH_BLOBS: blobs, ...s3.credentials },
      flags: ['--to-database', database, '--to-blobs', blobs],
    }
  }
  const move = async (data: string, flags: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { code, stdout, stderr } = await berthCommand(data, ['migrate-store', '--json', ...flags], {
      ...s3.credentials,
      ...env,
    })
    return { code, stderr, report: stdout === '' ? {} : JSON.parse(stdout) }
  }

  test('embedded to PostgreSQL and S3 and back while clients push and delete: nothing acknowledged is lost', async () => {
    await using old = await startBerth()
    await fill(registryClient(old.url))
    const pushers = ['busy/one', 'busy/two'].map(name => startPushing(old.url, name))
    while (pushers.some(pusher => pusher.count() < 5)) await Bun.sleep(10)

    const there = await scaledOut()
    const moved = await move(old.dataFolder, there.flags)
    const acknowledged = await Promise.all(pushers.map(pusher => pusher.stop()))
    expect(pushers.flatMap(pusher => pusher.odd)).toEqual([])
    expect(moved).toMatchObject({ code: 0, report: { outcome: 'moved', failures: [] } })

    await using next = await startBerth({ env: there.env })
    const client = registryClient(next.url)
    await expectEverything(next.url, acknowledged)
    const served = await everythingServed(next.url)
    expect(await everythingServed(old.url)).toEqual(served)

    // The old place serves pulls, and says why it takes nothing.
    const refused = await fetch(`${old.url}/v2/app/blobs/uploads/`, { method: 'POST' })
    expect({ status: refused.status, retry: refused.headers.get('Retry-After') }).toEqual({ status: 503, retry: '10' })
    expect(await refused.json()).toEqual({
      errors: [
        { code: 'UNAVAILABLE', message: expect.stringContaining('This registry has been moved to postgres://') },
      ],
    })
    expect(await registryClient(old.url).remove('app', 'manifests', 'v1')).toBe(503)
    expect(await move(old.dataFolder, there.flags)).toMatchObject({ code: 0, report: { outcome: 'moved before' } })

    // The new one takes pushes, and goes back to the folder it came from, where the server has been stopped.
    expect(await client.pushBlob('later', blobOf('later'))).toBe(201)
    expect(await client.putManifest('later', 'v1', imageOf([blobOf('later')]))).toBe(201)
    expect(await client.remove('app', 'manifests', 'nested')).toBe(202)
    await old.stop()
    const pusher = startPushing(next.url, 'busy/three')
    const back = await move(next.dataFolder, ['--to-data', old.dataFolder], there.env)
    const acknowledgedLater = await pusher.stop()
    expect(pusher.odd).toEqual([])
    expect(back).toMatchObject({ code: 0, report: { outcome: 'moved', failures: [] } })
    // What the folder still had was not copied again.
    expect(back.report.blobs).toBeLessThanOrEqual(1 + 2 * (acknowledgedLater.size + 20))
    expect(await registryClient(next.url).pushBlob('app', blobOf('too late'))).toBe(503)

    await using again = await startBerth({ dataFolder: old.dataFolder })
    expect(await everythingServed(again.url)).toEqual(await everythingServed(next.url))
    for (const [tag, digest] of acknowledgedLater) expect(await digestOf(again.url, 'busy/three', tag)).toBe(digest)
    expect(await registryClient(again.url).pushBlob('app', blobOf('home again'))).toBe(201)
    expect(await berthCommand(again.dataFolder, ['verify'])).toMatchObject({ code: 0 })
  })

  async function expectEverything(url: string, acknowledged: readonly Map<string, string>[]): Promise<void> {
    for (const [position, tags] of acknowledged.entries()) {
      const repository = position === 0 ? 'busy/one' : 'busy/two'
      for (const [tag, digest] of tags) expect(await digestOf(url, repository, tag)).toBe(digest)
    }
  }

  async function digestOf(url: string, repository: string, tag: string): Promise<string | null> {
    const response = await fetch(`${url}/v2/${repository}/manifests/${tag}`, { method: 'HEAD' })
    return response.headers.get('Docker-Content-Digest')
  }

  test('a move that is killed is run again, copies only what is missing, and pushes go on in between', async () => {
    await using old = await startBerth()
    const client = registryClient(old.url)
    const config = blobOf('{}')
    expect(await client.pushBlob('big', config)).toBe(201)
    for (let number = 0; number < 60; number += 1) {
      const layer = blobOf(new Uint8Array(1 << 20).fill(number))
      expect(await client.pushBlob('big', layer)).toBe(201)
      expect(await client.putManifest('big', `t${number}`, imageOf([config, layer]))).toBe(201)
    }
    const there = await scaledOut()
    const child = Bun.spawn([BERTH, 'migrate-store', ...there.flags], {
      env: { ...withoutSettings(process.env), BERTH_DATA: old.dataFolder, ...s3.credentials },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'ignore',
    })
    await using database = connectTo(there.env.BERTH_DATABASE)
    const copied = async () => Number((await database.first('select count(*) from blobs').catch(() => 0)) ?? 0)
    while ((await copied()) < 5) await Bun.sleep(1)
    child.kill('SIGKILL')
    await child.exited
    const before = await copied()

    expect(await client.pushBlob('big', blobOf('meanwhile'))).toBe(201)
    expect(await client.putManifest('big', 'meanwhile', imageOf([config, blobOf('meanwhile')]))).toBe(201)
    await expect(startBerth({ env: there.env })).rejects.toThrow('berth migrate-store')
    const { code, report } = await move(old.dataFolder, there.flags)
    expect({ code, outcome: report.outcome }).toEqual({ code: 0, outcome: 'moved' })
    expect(report.blobs).toBeLessThanOrEqual(62 - before)
    await using next = await startBerth({ env: there.env })
    expect(await everythingServed(next.url)).toEqual(await everythingServed(old.url))
  })

  test('garbage collection and deletes go on while it is copied, and take nothing that is needed', async () => {
    await using old = await startBerth({ env: { BERTH_TRASH_DAYS: '0' } })
    const client = registryClient(old.url)
    const config = blobOf('{}')
    expect(await client.pushBlob('app', config)).toBe(201)
    const images = await Promise.all(
      Array.from({ length: 60 }, async (_, number) => {
        // Some are large enough for several parts.
        const layer = blobOf(crypto.getRandomValues(new Uint8Array(number % 30 === 0 ? 65_536 : 30_000)))
        expect(await client.pushBlob('app', layer)).toBe(201)
        const image = imageOf([config, layer])
        expect(await client.putManifest('app', `t${number}`, image)).toBe(201)
        return image
      }),
    )
    const large = blobOf(new Uint8Array(21 << 20).fill(7))
    expect(await client.pushBlob('large', large)).toBe(201)
    expect(await client.pushBlob('large', config)).toBe(201)
    expect(await client.putManifest('large', 'v1', imageOf([config, large]))).toBe(201)

    const there = await scaledOut()
    const moving = move(old.dataFolder, there.flags)
    let ended = false
    void moving.finally(() => {
      ended = true
    })
    const answers = new Set<number>()
    for (const image of images.slice(0, 40)) {
      answers.add(await client.remove('app', 'manifests', image.digest))
      if (ended) break
      await berthCommand(old.dataFolder, ['gc', '--grace', '0'], { BERTH_GC_REMOVAL_DELAY_SECONDS: '0' })
    }
    expect(await moving).toMatchObject({ code: 0, report: { outcome: 'moved', failures: [] } })
    expect([...answers].filter(status => status !== 202 && status !== 503)).toEqual([])
    await using next = await startBerth({ env: there.env })
    expect(await everythingServed(next.url)).toEqual(await everythingServed(old.url))
    expect(await berthCommand(next.dataFolder, ['verify'], there.env)).toMatchObject({ code: 0 })
  })

  test('a move that is killed while nothing can be changed is ended by the next, or undone', async () => {
    await using old = await startBerth()
    const client = registryClient(old.url)
    await fill(client)
    const target = join(folder, 'killed-late')
    const child = Bun.spawn([BERTH, 'migrate-store', '--to-data', target], {
      env: { ...withoutSettings(process.env), BERTH_DATA: old.dataFolder, ...(await databaseSettings(old.dataFolder)) },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'ignore',
    })
    const state = async () => {
      const rows = await sqlOn(old.dataFolder, 'select state from relocation').catch(() => [])
      return rows[0]?.state
    }
    while (!['moving', 'moved'].includes(String(await state()))) await Bun.sleep(0)
    child.kill('SIGKILL')
    await child.exited
    if ((await state()) === 'moving') {
      expect(await client.pushBlob('app', blobOf('refused'))).toBe(503)
      expect(await berthCommand(old.dataFolder, ['migrate-store', '--reopen'])).toMatchObject({ code: 0 })
      expect(await client.pushBlob('app', blobOf('taken'))).toBe(201)
    }
    const { code, report } = await move(old.dataFolder, ['--to-data', target])
    expect({ code, outcome: report.outcome }).toEqual({ code: 0, outcome: expect.stringMatching(/^moved/) })
    await using next = await startBerth({ dataFolder: target })
    await expectAll(registryClient(next.url))
    expect(await registryClient(next.url).pushBlob('app', blobOf('new'))).toBe(201)
  })

  test('a damaged blob is named and not copied, and the registry stays where it is until it is dealt with', async () => {
    await using old = await startBerth()
    const client = registryClient(old.url)
    await fill(client)
    const bad = blobOf('will be damaged')
    const image = imageOf([bad], { note: 'damaged' })
    expect(await client.pushBlob('app', bad)).toBe(201)
    expect(await client.putManifest('app', 'damaged', image)).toBe(201)
    await Bun.$`sh -c ${`printf 'will be changed' > "$(echo ${old.dataFolder}/blobs/sha256/*/${bad.digest.slice(7)}.*)"`}`
    const target = join(folder, 'damaged')
    const damaged = await move(old.dataFolder, ['--to-data', target])
    expect(damaged).toMatchObject({
      code: 1,
      report: { outcome: 'damaged', failures: [{ digest: bad.digest, reason: 'Its bytes do not have its digest.' }] },
    })
    expect(await client.pushBlob('app', blobOf('still open'))).toBe(201)
    expect(await berthCommand(old.dataFolder, ['verify'])).toMatchObject({ code: 1 })
    expect(await move(old.dataFolder, ['--to-data', target])).toMatchObject({ code: 0, report: { outcome: 'moved' } })
    await using next = await startBerth({ dataFolder: target })
    await expectAllBut(next.url)
    expect(await registryClient(next.url).head('app', 'blobs', bad.digest)).toBe(404)
    // Pushed again, it is whole again.
    expect(await registryClient(next.url).pushBlob('app', bad)).toBe(201)
    expect(await registryClient(next.url).get('app', 'blobs', bad.digest)).toEqual(bad.bytes)
  })

  async function expectAllBut(url: string): Promise<void> {
    expect(await registryClient(url).remove('app', 'manifests', 'damaged')).toBe(202)
    await expectAll(registryClient(url))
  }

  test('only the database is moved when nothing is said about the blobs; they stay where they are', async () => {
    await using old = await startBerth()
    await fill(registryClient(old.url))
    const database = await postgres.createDatabase()
    expect(await move(old.dataFolder, ['--to-database', database])).toMatchObject({
      code: 0,
      report: { outcome: 'moved', blobs: 0 },
    })
    await old.stop()
    await using next = await startBerth({ dataFolder: old.dataFolder, env: { BERTH_DATABASE: database } })
    await expectAll(registryClient(next.url))
    expect(await registryClient(next.url).pushBlob('app', blobOf('new'))).toBe(201)
    expect(await berthCommand(old.dataFolder, ['verify'], { BERTH_DATABASE: database })).toMatchObject({ code: 0 })
  })

  test('a place that holds another registry, or is served from, is left alone', async () => {
    await using old = await startBerth()
    expect(await registryClient(old.url).pushBlob('app', blobOf('one'))).toBe(201)
    await using other = await startBerth()
    expect(await registryClient(other.url).pushBlob('other', blobOf('two'))).toBe(201)
    const served = await move(old.dataFolder, ['--to-data', other.dataFolder])
    expect(served).toMatchObject({ code: 2, stderr: expect.stringContaining('stop it first') })
    await other.stop()
    const occupied = await move(old.dataFolder, ['--to-data', other.dataFolder])
    expect(occupied).toMatchObject({ code: 1, report: { outcome: 'occupied' } })
    const alone = await move(old.dataFolder, ['--to-blobs', await s3.createBucket()])
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('--to-database') })
    expect(await registryClient(old.url).pushBlob('app', blobOf('still open'))).toBe(201)
    await using again = await startBerth({ dataFolder: other.dataFolder })
    expect(await registryClient(again.url).head('other', 'blobs', blobOf('two').digest)).toBe(200)
  })

  test('a move that ended between the last two steps is ended by the next, with whatever rows were lost', async () => {
    await using old = await startBerth()
    await fill(registryClient(old.url))
    const there = await scaledOut()
    expect(await move(old.dataFolder, there.flags)).toMatchObject({ code: 0 })
    await using database = connectTo(there.env.BERTH_DATABASE)
    await database.first("update relocation set state = 'receiving'")
    await database.first("delete from tags where name = 'v1'")
    await expect(startBerth({ env: there.env })).rejects.toThrow('berth migrate-store')
    expect(await move(old.dataFolder, there.flags)).toMatchObject({ code: 0, report: { outcome: 'moved', blobs: 0 } })
    await using next = await startBerth({ env: there.env })
    await expectAll(registryClient(next.url))
  })

  test('uploads under way are refused at their end, pulls are not, and --reopen undoes a move', async () => {
    // Without a grace period each HEAD of a blob that nothing names would write.
    await using old = await startBerth({ env: { BERTH_GC_GRACE_SECONDS: '0', BERTH_GC_INTERVAL_SECONDS: '0' } })
    const client = registryClient(old.url)
    await fill(client)
    const [loose, begun] = [blobOf('nothing names it'), blobOf('begun before')]
    expect(await client.pushBlob('app', loose)).toBe(201)
    const uploads = await Promise.all([client.begin('app'), client.begin('app')])
    const [going, unwanted] = uploads.map(client.locate)
    if (!going || !unwanted) throw new Error('There are no uploads.')
    const patched = await fetch(going, { method: 'PATCH', body: begun.bytes.slice(0, 5) })
    expect(patched.status).toBe(202)

    expect(await move(old.dataFolder, ['--to-data', join(folder, 'undone')])).toMatchObject({ code: 0 })
    expect(await client.pushBlob('app', blobOf('refused'))).toBe(503)
    expect(await client.mount('other', loose.digest, 'app')).toBe(503)
    expect(await client.head('app', 'blobs', loose.digest)).toBe(200)
    expect(await client.get('app', 'blobs', loose.digest)).toEqual(loose.bytes)
    const ending = client.locate(patched)
    ending.searchParams.set('digest', begun.digest)
    const headers = { 'Content-Range': `5-${begun.bytes.length - 1}` }
    const put = await fetch(ending, { method: 'PUT', body: begun.bytes.slice(5), headers })
    expect(put.status).toBe(503)
    expect((await fetch(unwanted, { method: 'DELETE' })).status).toBe(204)
    const collected = await berthCommand(old.dataFolder, ['gc', '--grace', '0'])
    expect(collected).toMatchObject({ code: 2, stderr: expect.stringContaining('has been moved') })

    expect(await berthCommand(old.dataFolder, ['migrate-store', '--reopen'])).toMatchObject({ code: 0 })
    expect(await client.pushBlob('app', blobOf('taken'))).toBe(201)
    // Nothing was lost of the upload that could not end: it ends now.
    const again = new URL(ending)
    expect((await fetch(again, { method: 'PUT' })).status).toBe(201)
    expect(await client.get('app', 'blobs', begun.digest)).toEqual(begun.bytes)
    await expectAll(client)
  })
})

/** A connection beside the servers; `first` gives the first cell. */
function connectTo(url: string) {
  const { searchParams, username, pathname } = new URL(url)
  const host = searchParams.get('host') ?? ''
  const database = pathname.slice(1)
  const sql = postgresClient({ host, username, database, max: 1, onnotice: () => undefined })
  return {
    first: async (statement: string): Promise<unknown> => Object.values((await sql.unsafe(statement))[0] ?? {})[0],
    [Symbol.asyncDispose]: () => sql.end(),
  }
}
