import { describe, expect, test } from 'bun:test'
import { berthCommand } from '../support/berth-command.ts'
import { sqlOn } from '../support/database.ts'
import { imageOf, indexOf } from '../support/registry-client.ts'
import { auditOf, until } from '../support/sign-in.ts'
import { startBerth } from '../support/start-berth.ts'
import { storeOf } from '../support/stored-objects.ts'
import { BY_HAND, collect, type Entry, openRegistry, push, someBlob, trashOf } from './trash-client.ts'

const REPOSITORY = 'app/web'

describe('what is deleted', () => {
  test('cannot be pulled, is in no list, survives garbage collection, and comes back byte for byte with its tags', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const blobs = [someBlob(), someBlob()]
    const image = imageOf(blobs, { note: 'exactly so' })
    await push(client, REPOSITORY, image, { tag: 'v1', blobs })
    await push(client, REPOSITORY, image, { tag: 'latest' })
    expect(await client.remove(REPOSITORY, 'manifests', image.digest)).toBe(202)

    for (const reference of [image.digest, 'v1', 'latest'])
      expect(await client.get(REPOSITORY, 'manifests', reference)).toBe(404)
    expect(await client.list(`${REPOSITORY}/tags/list`, 'tags')).toEqual([])
    await collect(berth, '--untagged', 'delete')
    for (const blob of blobs) expect(await client.get(REPOSITORY, 'blobs', blob.digest)).toEqual(blob.bytes)

    const [entry, ...others] = await trashOf(api)
    expect(others).toEqual([])
    expect(entry).toMatchObject({
      kind: 'manifest',
      repository: REPOSITORY,
      digest: image.digest,
      tags: ['latest', 'v1'],
      deletedBy: 'anonymous',
      sizeBytes: image.bytes.length,
      mediaType: image.mediaType,
    })
    expect(Date.parse(entry?.expiresAt ?? '') - Date.parse(entry?.deletedAt ?? '')).toBe(7 * 24 * 3600 * 1000)

    const { status, body } = await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        restored: [
          { id: entry?.id, repository: REPOSITORY, kind: 'manifest', digest: image.digest, tags: ['latest', 'v1'] },
        ],
        keptTags: [],
        notRestored: [],
      },
    })
    for (const reference of [image.digest, 'v1', 'latest'])
      expect(await client.get(REPOSITORY, 'manifests', reference)).toEqual(image.bytes)
    expect(await trashOf(api)).toEqual([])
    await collect(berth, '--untagged', 'delete')
    for (const blob of blobs) expect(await client.get(REPOSITORY, 'blobs', blob.digest)).toEqual(blob.bytes)
    expect(await berthCommand(berth.dataFolder, ['verify'])).toMatchObject({ code: 0 })
    expect((await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})).status).toBe(404)
  })

  test('as a tag only leaves the manifest, which nothing collects until then', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const blobs = [someBlob()]
    const image = imageOf(blobs)
    await push(client, REPOSITORY, image, { tag: 'v1', blobs })
    expect(await client.remove(REPOSITORY, 'manifests', 'v1')).toBe(202)
    expect(await client.get(REPOSITORY, 'manifests', 'v1')).toBe(404)
    expect(await collect(berth, '--untagged', 'delete')).toMatchObject({ manifests: 0 })
    expect(await client.get(REPOSITORY, 'manifests', image.digest)).toEqual(image.bytes)
    const [entry] = await trashOf(api)
    expect(entry).toMatchObject({ kind: 'tag', tags: ['v1'], digest: image.digest })
    expect((await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})).status).toBe(200)
    expect(await client.get(REPOSITORY, 'manifests', 'v1')).toEqual(image.bytes)
  })

  test('first the tag, then the manifest, comes back by the tag', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const blobs = [someBlob()]
    const image = imageOf(blobs)
    await push(client, REPOSITORY, image, { tag: 'v1', blobs })
    await client.remove(REPOSITORY, 'manifests', 'v1')
    await client.remove(REPOSITORY, 'manifests', image.digest)
    await collect(berth, '--untagged', 'delete')
    const tag = (await trashOf(api)).find(({ kind }) => kind === 'tag')
    const { body } = await api('POST', `/projects/app/trash/${tag?.id}/restore`, {})
    expect(body.restored.map(({ kind }: { kind: string }) => kind)).toEqual(['manifest', 'tag'])
    expect(await client.get(REPOSITORY, 'manifests', 'v1')).toEqual(image.bytes)
    expect(await trashOf(api)).toEqual([])
  })

  test('as an index and then its children comes back whole by the index alone', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const blobs = [someBlob(), someBlob()]
    const children = blobs.map(blob => imageOf([blob]))
    const index = indexOf(children)
    const outer = indexOf([index], 'an index of an index')
    for (const [at, child] of children.entries())
      await push(client, REPOSITORY, child, { blobs: [blobs[at] ?? someBlob()] })
    await push(client, REPOSITORY, index)
    await push(client, REPOSITORY, outer, { tag: 'multi' })
    // What the trash holds keeps nobody from deleting.
    for (const { digest } of [outer, index, ...children])
      expect(await client.remove(REPOSITORY, 'manifests', digest)).toBe(202)
    await collect(berth, '--untagged', 'delete')
    const entry = (await trashOf(api)).find(({ digest }) => digest === outer.digest)
    expect((await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})).body).toMatchObject({
      keptTags: [],
      notRestored: [],
    })
    expect(await client.get(REPOSITORY, 'manifests', 'multi')).toEqual(outer.bytes)
    for (const { digest, bytes } of [index, ...children])
      expect(await client.get(REPOSITORY, 'manifests', digest)).toEqual(bytes)
    expect(await trashOf(api)).toEqual([])
    await collect(berth, '--untagged', 'delete')
    for (const { digest, bytes } of blobs) expect(await client.get(REPOSITORY, 'blobs', digest)).toEqual(bytes)
    expect(await berthCommand(berth.dataFolder, ['verify'])).toMatchObject({ code: 0 })
  })

  test('keeps its signatures from being collected, and has them when it is back', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const blobs = [someBlob()]
    const image = imageOf(blobs)
    const signature = imageOf(blobs, { subject: image, artifactType: 'application/vnd.test.signature' })
    await push(client, REPOSITORY, image, { tag: 'v1', blobs })
    await push(client, REPOSITORY, signature)
    await client.remove(REPOSITORY, 'manifests', image.digest)
    expect(await collect(berth, '--untagged', 'delete')).toMatchObject({ manifests: 0 })
    const [entry] = await trashOf(api)
    await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})
    expect(await client.list(`${REPOSITORY}/referrers/${image.digest}`, 'manifests')).toMatchObject([
      { digest: signature.digest },
    ])
  })

  test('can be pushed again meanwhile, and what was in the trash comes back beside it', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const blobs = [someBlob()]
    const image = imageOf(blobs)
    await push(client, REPOSITORY, image, { tag: 'v1', blobs })
    await client.remove(REPOSITORY, 'manifests', image.digest)
    await push(client, REPOSITORY, image, { tag: 'v2' })
    expect(await client.get(REPOSITORY, 'manifests', 'v2')).toEqual(image.bytes)
    const [entry] = await trashOf(api)
    await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})
    expect(await client.list(`${REPOSITORY}/tags/list`, 'tags')).toEqual(['v1', 'v2'])
  })

  test('as a blob that the trash needs is gone for clients, and not for the trash', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const [blob, other] = [someBlob(), someBlob()]
    const image = imageOf([blob])
    await push(client, REPOSITORY, image, { tag: 'v1', blobs: [blob] })
    await push(client, REPOSITORY, imageOf([other]), { tag: 'v2', blobs: [other] })
    await client.remove(REPOSITORY, 'manifests', image.digest)
    expect(await client.remove(REPOSITORY, 'blobs', blob.digest)).toBe(202)
    expect(await client.head(REPOSITORY, 'blobs', blob.digest)).toBe(404)
    // Not by its digest either, from anywhere.
    expect(await client.mount('app/other', blob.digest)).toBe(202)
    expect(await client.mount('app/other', blob.digest, REPOSITORY)).toBe(202)
    await collect(berth)
    const [entry] = await trashOf(api)
    await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})
    expect(await client.get(REPOSITORY, 'blobs', blob.digest)).toEqual(blob.bytes)
    await collect(berth)
    expect(await client.get(REPOSITORY, 'blobs', blob.digest)).toEqual(blob.bytes)
  })
})

describe('where the time is over', () => {
  test('the bytes go with garbage collection, and the entry is gone', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const [kept, blob, unlinked] = [someBlob(), someBlob(), someBlob()]
    const image = imageOf([blob, unlinked])
    const signature = imageOf([blob], { subject: image, artifactType: 'application/vnd.test.signature' })
    await push(client, REPOSITORY, imageOf([kept]), { tag: 'stays', blobs: [kept] })
    await push(client, REPOSITORY, image, { tag: 'v1', blobs: [blob, unlinked] })
    await push(client, REPOSITORY, signature)
    await client.remove(REPOSITORY, 'manifests', image.digest)
    await client.remove(REPOSITORY, 'blobs', unlinked.digest)
    const store = await storeOf(berth.dataFolder)
    await collect(berth, '--untagged', 'delete')
    expect(await store.objects()).toHaveLength(3)
    await sqlOn(berth.dataFolder, 'update trash set expires_at = 1')
    const explained = await berthCommand(berth.dataFolder, ['gc', '--dry-run', '--grace', '0'], BY_HAND)
    expect(explained.stdout).toContain('1 entries of the trash would end')
    expect(await collect(berth, '--untagged', 'delete')).toMatchObject({ trash: 1, manifests: 1, objects: 2 })
    expect(await trashOf(api)).toEqual([])
    expect((await store.objects()).map(({ digest }) => digest)).toEqual([kept.digest])
    expect(await sqlOn(berth.dataFolder, 'select * from trash_references')).toEqual([])
    expect(await berthCommand(berth.dataFolder, ['verify'])).toMatchObject({ code: 0 })
  })

  test('what another entry needs lies as long as that', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const blob = someBlob()
    const child = imageOf([blob])
    const index = indexOf([child])
    await push(client, REPOSITORY, child, { blobs: [blob] })
    await push(client, REPOSITORY, index, { tag: 'multi' })
    for (const { digest } of [index, child]) await client.remove(REPOSITORY, 'manifests', digest)
    await sqlOn(berth.dataFolder, 'update trash set expires_at = 1 where digest = ?', [child.digest])
    expect(await collect(berth, '--untagged', 'delete')).toMatchObject({ trash: 0 })
    const entries = await trashOf(api)
    expect(new Set(entries.map(({ expiresAt }) => expiresAt)).size).toBe(1)
    const held = entries.find(({ digest }) => digest === child.digest)
    const refused = await api('DELETE', `/projects/app/trash/${held?.id}`)
    expect(refused).toMatchObject({ status: 409, body: { code: 'CONFLICT' } })
    expect(refused.body.detail).toContain(index.digest)
    await sqlOn(berth.dataFolder, 'update trash set expires_at = 1')
    expect(await collect(berth)).toMatchObject({ trash: 2, objects: 1 })
  })

  test('what lies as long as something that lies as long as another ends with them, although its turn came first', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client } = openRegistry(berth)
    const blob = someBlob()
    const child = imageOf([blob])
    const inner = indexOf([child])
    const outer = indexOf([inner])
    await push(client, REPOSITORY, child, { blobs: [blob] })
    for (const index of [inner, outer]) await push(client, REPOSITORY, index)
    for (const [at, { digest }] of [outer, inner, child].entries()) {
      expect(await client.remove(REPOSITORY, 'manifests', digest)).toBe(202)
      await sqlOn(berth.dataFolder, 'update trash set expires_at = ? where digest = ?', [3 - at, digest])
    }
    expect(await collect(berth)).toMatchObject({ trash: 3, objects: 1 })
  })

  test('0 days keep nothing; a project may have its own', async () => {
    await using berth = await startBerth({ env: { ...BY_HAND, BERTH_TRASH_DAYS: '0' } })
    const { client, api } = openRegistry(berth)
    const blob = someBlob()
    for (const repository of ['app/web', 'kept/web']) {
      await push(client, repository, imageOf([blob]), { tag: 'v1', blobs: [blob] })
      await push(client, repository, imageOf([blob]), { tag: 'v2' })
    }
    const set = (trashDays: number | null) => api('PATCH', '/projects/kept/policy', { trashDays })
    expect(await set(30)).toMatchObject({ status: 200, body: { trashDays: 30 } })
    for (const repository of ['app/web', 'kept/web'])
      expect(await client.remove(repository, 'manifests', 'v1')).toBe(202)
    expect(await trashOf(api, 'app')).toEqual([])
    const [entry] = await trashOf(api, 'kept')
    expect(Date.parse(entry?.expiresAt ?? '') - Date.parse(entry?.deletedAt ?? '')).toBe(30 * 24 * 3600 * 1000)
    expect((await set(null)).body).not.toHaveProperty('trashDays')
    // What was deleted before keeps the time that it was given.
    expect(await trashOf(api, 'kept')).toEqual([entry as Entry])
    expect((await api('DELETE', '/projects/kept')).status).toBe(409)
    await client.remove('kept/web', 'manifests', 'v2')
    expect(await trashOf(api, 'kept')).toHaveLength(1)
  })
})

describe('restoring', () => {
  test('does not move a tag that meanwhile points elsewhere, and says so, unless told to', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const blob = someBlob()
    const [first, second] = [imageOf([blob], { note: 'first' }), imageOf([blob], { note: 'second' })]
    await push(client, REPOSITORY, first, { tag: 'v1', blobs: [blob] })
    await push(client, REPOSITORY, first, { tag: 'only-first' })
    await client.remove(REPOSITORY, 'manifests', 'v1')
    await client.remove(REPOSITORY, 'manifests', first.digest)
    await push(client, REPOSITORY, second, { tag: 'v1' })
    const tag = (await trashOf(api)).find(({ kind }) => kind === 'tag')
    const kept = await api('POST', `/projects/app/trash/${tag?.id}/restore`, {})
    expect(kept.body).toMatchObject({
      restored: [{ kind: 'manifest', tags: ['only-first'] }],
      keptTags: [{ tag: 'v1', digest: first.digest, pointsAt: second.digest, because: expect.any(String) }],
    })
    expect(await client.get(REPOSITORY, 'manifests', 'v1')).toEqual(second.bytes)
    expect(await client.get(REPOSITORY, 'manifests', 'only-first')).toEqual(first.bytes)
    // The tag is in the trash still.
    const moved = await api('POST', `/projects/app/trash/${tag?.id}/restore`, { overwrite: true })
    expect(moved.body).toMatchObject({ restored: [{ kind: 'tag', tags: ['v1'] }], keptTags: [] })
    expect(await client.get(REPOSITORY, 'manifests', 'v1')).toEqual(first.bytes)
    expect(await client.get(REPOSITORY, 'manifests', second.digest)).toEqual(second.bytes)
  })

  test('is refused when content is damaged, naming it, and works when that was pushed again', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const blob = someBlob()
    const image = imageOf([blob])
    await push(client, REPOSITORY, image, { tag: 'v1', blobs: [blob] })
    await client.remove(REPOSITORY, 'manifests', image.digest)
    await sqlOn(berth.dataFolder, "update blobs set state = 'damaged'")
    const [entry] = await trashOf(api)
    const { body } = await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})
    expect(body).toMatchObject({ restored: [], notRestored: [{ digest: image.digest, missing: [blob.digest] }] })
    expect(await client.get(REPOSITORY, 'manifests', 'v1')).toBe(404)
    expect(await client.pushBlob(REPOSITORY, blob)).toBe(201)
    await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})
    expect(await client.get(REPOSITORY, 'manifests', 'v1')).toEqual(image.bytes)
  })

  test('and purging are recorded, with what was deleted and by whom', async () => {
    await using berth = await startBerth({ env: BY_HAND })
    const { client, api } = openRegistry(berth)
    const blob = someBlob()
    const image = imageOf([blob])
    await push(client, REPOSITORY, image, { tag: 'v1', blobs: [blob] })
    await client.remove(REPOSITORY, 'manifests', image.digest)
    const [entry] = await trashOf(api)
    await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})
    await client.remove(REPOSITORY, 'manifests', 'v1')
    const [tag] = await trashOf(api)
    expect((await api('DELETE', `/projects/app/trash/${tag?.id}`)).status).toBe(204)
    const records = (await auditOf(berth)).filter(({ type }) => /restore|purge/.test(type))
    expect(records).toMatchObject([
      {
        type: 'manifest.restore',
        resource: { project: 'app', repository: REPOSITORY, digest: image.digest },
        detail: { trash: entry?.id, deletion: entry?.deletion, deletedBy: 'anonymous', tags: ['v1'] },
      },
      { type: 'tag.restore', resource: { tag: 'v1', digest: image.digest }, detail: { before: null } },
      { type: 'trash.purge', resource: { kind: 'tag', tag: 'v1', digest: image.digest }, detail: { trash: tag?.id } },
    ])
  })
})

test('gc --explain says of what the trash holds that it is there, and until when', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const { client } = openRegistry(berth)
  const blob = someBlob()
  const image = imageOf([blob])
  await push(client, REPOSITORY, image, { tag: 'v1', blobs: [blob] })
  await client.remove(REPOSITORY, 'manifests', image.digest)
  const explain = async (digest: string) =>
    (await berthCommand(berth.dataFolder, ['gc', '--grace', '0', '--explain', digest], BY_HAND)).stdout
  expect(await explain(image.digest)).toContain(`is kept: in ${REPOSITORY} it is in the trash until 20`)
  expect(await explain(blob.digest)).toContain(`manifest ${image.digest}, in the trash until 20`)
})

test('berth trash lists, restores and purges', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const { client, api } = openRegistry(berth)
  const blob = someBlob()
  const image = imageOf([blob])
  for (const repository of ['app/web', 'app/api']) {
    await push(client, repository, image, { tag: 'v1', blobs: [blob] })
    await client.remove(repository, 'manifests', image.digest)
  }
  const run = async (...args: string[]) => berthCommand(berth.dataFolder, ['trash', ...args], { BERTH_URL: berth.url })
  const listed = await run('list', 'app')
  expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining(`app/api@${image.digest}`) })
  const json = await run('list', 'app', '--repository', 'app/web', '--json')
  const [entry] = JSON.parse(json.stdout)
  expect(entry).toMatchObject({ repository: 'app/web', tags: ['v1'] })
  expect(await run('restore', 'app')).toMatchObject({ code: 2 })
  expect(await run('restore', 'app', '--deletion', entry.deletion)).toMatchObject({
    code: 0,
    stdout: `Restored app/web@${image.digest} with v1.\n`,
  })
  expect(await client.get('app/web', 'manifests', 'v1')).toEqual(image.bytes)
  expect(await run('restore', 'app', entry.id)).toMatchObject({ code: 2 })
  expect(await run('purge', 'app')).toMatchObject({ code: 2 })
  expect(await run('purge', 'app', '--all', '--json')).toMatchObject({ code: 0, stdout: '{"purged":1,"needed":0}\n' })
  expect(await trashOf(api)).toEqual([])
})

test('berth project set says for how long a project keeps what is deleted', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const { client, api } = openRegistry(berth)
  expect(await client.pushBlob(REPOSITORY, someBlob())).toBe(201)
  const set = (days: string) =>
    berthCommand(berth.dataFolder, ['project', 'set', 'app', '--trash-days', days], { BERTH_URL: berth.url })
  expect(await set('30')).toMatchObject({ code: 0 })
  expect((await api('GET', '/projects/app')).body).toMatchObject({ trashDays: 30 })
  expect(await set('')).toMatchObject({ code: 0 })
  expect((await api('GET', '/projects/app')).body).not.toHaveProperty('trashDays')
  expect(await set('soon')).toMatchObject({ code: 2, stderr: expect.stringContaining('--trash-days') })
})

test('a server ends by itself what has lain for its time, and counts it', async () => {
  await using berth = await startBerth({
    env: { ...BY_HAND, BERTH_GC_INTERVAL_SECONDS: '0.2', BERTH_GC_GRACE_SECONDS: '0', BERTH_TRASH_DAYS: '0.00001' },
  })
  const { client, api } = openRegistry(berth)
  const image = indexOf([])
  await push(client, REPOSITORY, image, { tag: 'v1' })
  await client.remove(REPOSITORY, 'manifests', image.digest)
  expect(await until(async () => (await trashOf(api)).length === 0)).toBe(true)
  const counted = async () => (await fetch(`${berth.url}/metrics`)).text()
  expect(await until(async () => (await counted()).includes('berth_trash_ended_total 1'))).toBe(true)
})

test('what the repository never had does not come back with a manifest that names it', async () => {
  await using berth = await startBerth({ env: { ...BY_HAND, BERTH_MANIFESTS_SPARSE: 'allow' } })
  const { client, api } = openRegistry(berth)
  const [secret, own] = [someBlob(), someBlob()]
  await push(client, 'bank/vault', imageOf([secret]), { tag: 'v1', blobs: [secret] })
  const image = imageOf([own, secret])
  await push(client, REPOSITORY, image, { tag: 'v1', blobs: [own] })
  await client.remove(REPOSITORY, 'manifests', image.digest)
  const [entry] = await trashOf(api)
  expect((await api('POST', `/projects/app/trash/${entry?.id}/restore`, {})).body).toMatchObject({ notRestored: [] })
  expect(await client.get(REPOSITORY, 'manifests', 'v1')).toEqual(image.bytes)
  expect(await client.head(REPOSITORY, 'blobs', own.digest)).toBe(200)
  expect(await client.head(REPOSITORY, 'blobs', secret.digest)).toBe(404)
})

test('a restore that a quota has no room for is refused whole', async () => {
  await using berth = await startBerth({ env: BY_HAND })
  const { client, api } = openRegistry(berth)
  const blob = someBlob()
  const [image, other] = [imageOf([blob], { note: 'first' }), imageOf([blob], { note: 'second' })]
  await push(client, REPOSITORY, image, { tag: 'v1', blobs: [blob] })
  await push(client, REPOSITORY, image, { tag: 'v2' })
  await client.remove(REPOSITORY, 'manifests', image.digest)
  await push(client, REPOSITORY, other, { tag: 'v3' })
  const set = (hard: number) => api('PATCH', '/projects/app/quota', { tags: { hard } })
  expect(await set(2)).toMatchObject({ status: 200 })
  const [entry] = await trashOf(api)
  const restore = () => api('POST', `/projects/app/trash/${entry?.id}/restore`, {})
  expect(await restore()).toMatchObject({ status: 409, body: { code: 'CONFLICT' } })
  expect(await client.get(REPOSITORY, 'manifests', image.digest)).toBe(404)
  expect(await trashOf(api)).toHaveLength(1)
  await set(3)
  expect(await restore()).toMatchObject({ status: 200, body: { restored: [{ tags: ['v1', 'v2'] }] } })
})
