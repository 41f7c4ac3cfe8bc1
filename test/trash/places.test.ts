import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { sqlOn } from '../support/database.ts'
import { imageOf, indexOf } from '../support/registry-client.ts'
import { startBerth } from '../support/start-berth.ts'
import { BY_HAND, collect, openRegistry, push, someBlob, trashOf } from './trash-client.ts'

const REPOSITORY = 'app/web'

test('what lies in the trash is restored where the registry was backed up to and restored', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-trash-places-'))
  try {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const blobs = [someBlob(), someBlob()]
    const child = imageOf(blobs)
    const index = indexOf([child])
    await push(client, REPOSITORY, child, { tag: 'child', blobs })
    await push(client, REPOSITORY, index, { tag: 'multi' })
    await client.remove(REPOSITORY, 'manifests', 'child')
    for (const { digest } of [index, child]) await client.remove(REPOSITORY, 'manifests', digest)
    // Only the trash has this one.
    await client.remove(REPOSITORY, 'blobs', blobs[0]?.digest ?? '')
    await api('PATCH', '/projects/app/policy', { trashDays: 3 })
    const before = await trashOf(api)
    expect(await berthCommand(berth.dataFolder, ['backup', join(folder, 'backup')])).toMatchObject({ code: 0 })

    const data = join(folder, 'data')
    expect(await berthCommand(data, ['restore', join(folder, 'backup')])).toMatchObject({ code: 0 })
    await using restored = await startBerth({ dataFolder: data, env: BY_HAND })
    const there = openRegistry(restored)
    expect(await trashOf(there.api)).toEqual(before)
    expect((await there.api('GET', '/projects/app')).body).toMatchObject({ trashDays: 3 })
    for (const { id } of before) await there.api('POST', `/projects/app/trash/${id}/restore`, {})
    await collect(restored, '--untagged', 'delete')
    for (const [reference, { bytes }] of [
      ['multi', index],
      ['child', child],
      [child.digest, child],
    ] as const)
      expect(await there.client.get(REPOSITORY, 'manifests', reference)).toEqual(bytes)
    for (const { digest, bytes } of blobs) expect(await there.client.get(REPOSITORY, 'blobs', digest)).toEqual(bytes)
    expect(await berthCommand(data, ['verify'])).toMatchObject({ code: 0 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('verify finds a manifest that was damaged in the trash; pushed again, it can be restored', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const { client, api } = openRegistry(berth)
  const blob = someBlob()
  const image = imageOf([blob])
  await push(client, REPOSITORY, image, { tag: 'v1', blobs: [blob] })
  await client.remove(REPOSITORY, 'manifests', image.digest)
  const [before] = await sqlOn(berth.dataFolder, 'select bytes from trash')
  const bytes = Buffer.from(before?.bytes as Uint8Array)
  bytes[0] = 0
  await sqlOn(berth.dataFolder, 'update trash set bytes = ?', [bytes])
  const found = await berthCommand(berth.dataFolder, ['verify', '--json'])
  expect(found.code).toBe(1)
  expect(found.stdout).toContain('It is in the trash, and its bytes do not have its digest')
  const [entry] = await trashOf(api)
  const restore = () => api('POST', `/projects/app/trash/${entry?.id}/restore`, {})
  expect((await restore()).body).toMatchObject({ restored: [], notRestored: [{ missing: [image.digest] }] })
  await push(client, REPOSITORY, image)
  expect((await restore()).body).toMatchObject({ restored: [{ tags: ['v1'] }] })
  expect(await client.get(REPOSITORY, 'manifests', 'v1')).toEqual(image.bytes)
})

test('labels come back with what they are on', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const { client, api } = openRegistry(berth)
  const blob = someBlob()
  const image = imageOf([blob])
  await push(client, REPOSITORY, image, { tag: 'v1', blobs: [blob] })
  await sqlOn(
    berth.dataFolder,
    'insert into labels (repository_id, digest, key, value, set_at) select id, ?, ?, ?, 1 from repositories',
    [image.digest, 'team', 'web'],
  )
  await client.remove(REPOSITORY, 'manifests', image.digest)
  expect(await sqlOn(berth.dataFolder, 'select * from labels')).toEqual([])
  const [entry] = await trashOf(api)
  await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})
  expect(await sqlOn(berth.dataFolder, 'select key, value, digest from labels')).toEqual([
    { key: 'team', value: 'web', digest: image.digest },
  ])
})
