import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { blobOf, registryClient } from '../support/registry-client.ts'
import { freePort, startBerth } from '../support/start-berth.ts'

test('a database that is none is said in one line', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'berth-nodb-'))
  await Bun.write(join(dataFolder, 'berth.db'), 'this is no database, however long one looks at it'.repeat(100))
  for (const args of [['serve'], ['gc'], ['verify']]) {
    const { code, stderr } = await berthCommand(dataFolder, args, { BERTH_LISTEN: `127.0.0.1:${freePort()}` })
    expect({ args, code, lines: stderr.trim().split('\n').length }).toEqual({ args, code: 2, lines: 1 })
    expect(stderr).toContain('not a database')
  }
  await rm(dataFolder, { recursive: true })
})

test('an upload that met a busy database can be gone on with', async () => {
  await using berth = await startBerth()
  const client = registryClient(berth.url)
  const blob = blobOf('first half, second half')
  const location = client.locate(await client.begin('busy/here'))
  using database = new Database(join(berth.dataFolder, 'berth.db'))
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const patch = fetch(location, { method: 'PATCH', body: readable })
  const writer = writable.getWriter()
  await writer.write(blob.bytes.slice(0, 10))
  await untilClaimed(database)
  database.run('begin immediate')
  await writer.close()
  // While somebody else writes, others are served.
  expect((await fetch(`${berth.url}/livez`)).status).toBe(200)
  expect((await patch).status).toBe(202)
  database.run('commit')
  location.searchParams.set('digest', blob.digest)
  const finish = async () => (await fetch(location, { method: 'PUT', body: blob.bytes.slice(10) })).status
  let status = await finish()
  while (status === 409) {
    await Bun.sleep(100)
    status = await finish()
  }
  expect(status).toBe(201)
}, 60_000)

async function untilClaimed(database: Database): Promise<void> {
  while (database.query('select id from uploads where claim is not null').all().length === 0) await Bun.sleep(10)
}
