import { expect, test } from 'bun:test'
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { sqlOn } from '../support/database.ts'
import { blobsIn } from '../support/object-storage.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { storeOf } from '../support/stored-objects.ts'

const REPOSITORY = 'verify/me'
const config = blobOf('{"architecture":"amd64"}')
const layer = blobOf('x'.repeat(5000))
const image = imageOf([config, layer])

async function withImage(berth: Berth) {
  const client = registryClient(berth.url)
  for (const blob of [config, layer]) expect(await client.pushBlob(REPOSITORY, blob)).toBe(201)
  expect(await client.putManifest(REPOSITORY, 'v1', image)).toBe(201)
  return client
}

async function verify(berth: Berth, ...flags: string[]) {
  const { code, stdout } = await berthCommand(berth.dataFolder, ['verify', '--json', ...flags])
  const report = JSON.parse(stdout) as { findings: { kind: string; digest: string; action: string; detail: string }[] }
  return { code, kinds: report.findings.map(finding => `${finding.kind} ${finding.digest}`), report }
}

test('a registry that is whole is found whole, and says what was read', async () => {
  await using berth = await startBerth()
  await withImage(berth)
  expect(await verify(berth)).toMatchObject({
    code: 0,
    kinds: [],
    report: { blobs: 2, bytes: 5024, manifests: 1, objects: 2, content: true },
  })
  const { code, stdout } = await berthCommand(berth.dataFolder, ['verify'])
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: 'Checked 2 blobs, 4.9 KiB read and hashed, 1 manifests and 2 stored objects. All is well.\n',
  })
})

test('a blob whose bytes changed is put out of reach and aside, and a push restores it', async () => {
  await using berth = await startBerth()
  const client = await withImage(berth)
  const store = await storeOf(berth.dataFolder)
  await store.damage(layer.digest, 'y'.repeat(5000))
  expect(await verify(berth, '--no-content')).toMatchObject({ code: 0 })
  const { code, kinds } = await verify(berth)
  expect(code).toBe(1)
  expect(kinds).toEqual([`blob damaged ${layer.digest}`, `manifest incomplete ${image.digest}`])
  expect(await client.head(REPOSITORY, 'blobs', layer.digest)).toBe(404)
  expect(await client.mount('verify/other', layer.digest, REPOSITORY)).toBe(202)
  expect(await client.putManifest(REPOSITORY, 'v2', image)).toBe(404)
  expect(await store.quarantined()).toEqual(['y'.repeat(5000)])

  expect(await client.pushBlob(REPOSITORY, layer)).toBe(201)
  expect(await client.get(REPOSITORY, 'blobs', layer.digest)).toEqual(layer.bytes)
  expect(await verify(berth)).toMatchObject({ code: 0, kinds: [] })
})

test('a blob that was cut short or lost is found without reading it', async () => {
  await using berth = await startBerth()
  const client = await withImage(berth)
  const store = await storeOf(berth.dataFolder)
  await store.damage(layer.digest, 'x'.repeat(10))
  await store.damage(config.digest, undefined)
  const { code, kinds } = await verify(berth, '--no-content')
  expect(code).toBe(1)
  expect(kinds.toSorted()).toEqual(
    [
      `blob missing ${config.digest}`,
      `blob damaged ${layer.digest}`,
      `manifest incomplete ${image.digest}`,
      `manifest incomplete ${image.digest}`,
    ].toSorted(),
  )
  for (const blob of [config, layer]) expect(await client.pushBlob(REPOSITORY, blob)).toBe(201)
  expect(await verify(berth)).toMatchObject({ code: 0, kinds: [] })
})

test('a manifest whose bytes changed is put out of reach, and a push restores it', async () => {
  await using berth = await startBerth()
  const client = await withImage(berth)
  await sqlOn(berth.dataFolder, 'update manifests set bytes = ?', [Buffer.from('{}')])
  expect(await verify(berth)).toMatchObject({ code: 1, kinds: [`manifest damaged ${image.digest}`] })
  expect(await client.head(REPOSITORY, 'manifests', 'v1')).toBe(404)
  expect(await client.putManifest(REPOSITORY, 'v1', image)).toBe(201)
  expect(await client.get(REPOSITORY, 'manifests', 'v1')).toEqual(image.bytes)
  expect(await verify(berth)).toMatchObject({ code: 0, kinds: [] })
})

// An object storage says itself how old an object is; there it would take an hour.
if (blobsIn === undefined) {
  test('an object that nothing knows is put aside once it is old, and nothing is deleted', async () => {
    await using berth = await startBerth()
    await withImage(berth)
    const stranger = blobOf('stranger')
    const name = `${stranger.digest.slice(7)}.11111111-2222-3333-4444-555555555555`
    const path = join(berth.dataFolder, 'blobs', 'sha256', stranger.digest.slice(7, 9), name)
    await Bun.write(path, stranger.bytes)
    expect(await verify(berth)).toMatchObject({ code: 0, kinds: [] })
    const hoursAgo = new Date(Date.now() - 2 * 3_600_000)
    await utimes(path, hoursAgo, hoursAgo)
    expect(await verify(berth)).toMatchObject({ code: 1, kinds: [`object unknown ${stranger.digest}`] })
    expect(await (await storeOf(berth.dataFolder)).quarantined()).toEqual(['stranger'])
    expect(await verify(berth)).toMatchObject({ code: 0, kinds: [] })
  })
}

test('a tag and a link that point at nothing are reported', async () => {
  await using berth = await startBerth()
  await withImage(berth)
  const insert = (into: string, values: string) =>
    sqlOn(berth.dataFolder, `insert into ${into} select repository_id, ${values}, 0 from tags where name = 'v1'`)
  await insert('tags', `'lost', '${blobOf('lost').digest}'`)
  await insert('repository_blobs (repository_id, digest, linked_at)', `'${blobOf('gone').digest}'`)
  const { code, kinds } = await verify(berth)
  expect(code).toBe(1)
  expect(kinds).toEqual([`tag dangling ${blobOf('lost').digest}`, `link dangling ${blobOf('gone').digest}`])
})

test('verify ends with 2 where there is no registry', async () => {
  await using berth = await startBerth()
  const { code, stderr } = await berthCommand(join(berth.dataFolder, 'nowhere'), ['verify'])
  expect(code).toBe(2)
  expect(stderr).toContain('There is no registry in')
})
