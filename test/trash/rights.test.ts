import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { imageOf, type RegistryClient, registryClient } from '../support/registry-client.ts'
import { ADMIN, type Api, apiOf, auditOf, basicOf, startClosed, until, userOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'
import { BY_HAND, push, someBlob, trashOf } from './trash-client.ts'

const blob = someBlob()
const [first, second] = [imageOf([blob], { note: 'first' }), imageOf([blob], { note: 'second' })]

let berth: Berth
let admin: Api
let client: RegistryClient
const people = new Map<string, Api>()
const by = (name: string) => people.get(name) as Api

beforeAll(async () => {
  berth = await startClosed(BY_HAND)
  admin = apiOf(berth.url, ADMIN)
  client = registryClient(berth.url, { Authorization: basicOf(ADMIN) })
  for (const name of ['shop', 'bank']) await admin('POST', '/projects', { name })
  const members = [
    ['mia', { role: 'maintainer' }],
    ['dora', { role: 'developer' }],
    ['rita', { role: 'reader' }],
    ['cid', { permissions: ['push'] }],
    // Deletes and overwrites in one repository, and only tags of builds.
    ['otto', { permissions: ['pull', 'push', 'delete'], repositories: 'shop/web', tags: 'build-*' }],
    ['bea', undefined],
  ] as const
  for (const [name, grant] of members) {
    const caller = await userOf(admin, name)
    const project = grant ? 'shop' : 'bank'
    const member = { subject: { kind: 'user', name }, ...(grant ?? { role: 'owner' }) }
    expect((await admin('POST', `/projects/${project}/members`, member)).status).toBe(201)
    people.set(name, apiOf(berth.url, caller))
  }
  for (const [name] of members)
    await until(async () => (await by(name)('GET', `/projects/${name === 'bea' ? 'bank' : 'shop'}`)).status === 200)
})
afterAll(() => berth?.[Symbol.asyncDispose]())

/** A manifest with these tags, deleted from there. Gives its entry. */
async function deleted(repository: string, tags: readonly string[], document = first) {
  await push(client, repository, document, { blobs: [blob] })
  for (const tag of tags) await push(client, repository, document, { tag })
  expect(await client.remove(repository, 'manifests', document.digest)).toBe(202)
  const [entry] = await trashOf(admin, 'shop', `&repository=${repository}`)
  return entry?.id ?? ''
}

const restore = (name: string, id: string, body: object = {}) =>
  by(name)('POST', `/projects/shop/trash/${id}/restore`, body)

describe('the trash of a project', () => {
  test('is seen by who sees tags there, repository by repository', async () => {
    const [web, api] = [await deleted('shop/web', ['v1']), await deleted('shop/api', ['v1'])]
    const seen = async (name: string) => (await trashOf(by(name), 'shop')).map(({ id }) => id)
    for (const name of ['mia', 'dora', 'rita']) expect(await seen(name)).toEqual([api, web])
    expect(await seen('otto')).toEqual([web])
    expect(await seen('cid')).toEqual([])
    expect(await by('bea')('GET', '/projects/shop/trash')).toMatchObject({ status: 403 })
    await admin('DELETE', '/projects/shop/trash')
  })

  test('is restored and purged by who may delete there', async () => {
    const [web, api] = [await deleted('shop/web', ['build-1']), await deleted('shop/api', ['v1'])]
    for (const name of ['dora', 'rita', 'cid']) {
      for (const id of [web, api]) {
        expect(await restore(name, id)).toMatchObject({ status: 403, body: { code: 'DENIED' } })
        expect(await by(name)('DELETE', `/projects/shop/trash/${id}`)).toMatchObject({ status: 403 })
      }
      expect(await by(name)('DELETE', '/projects/shop/trash')).toMatchObject({ status: 200, body: { purged: 0 } })
    }
    expect(await restore('otto', api)).toMatchObject({ status: 403 })
    // An entry is in its own project and in no other.
    expect(await by('bea')('POST', `/projects/bank/trash/${web}/restore`, {})).toMatchObject({ status: 404 })
    expect(await by('bea')('DELETE', `/projects/bank/trash/${web}`)).toMatchObject({ status: 404 })
    expect(await restore('otto', web)).toMatchObject({ status: 200, body: { restored: [{ tags: ['build-1'] }] } })
    expect(await restore('mia', api)).toMatchObject({ status: 200 })
    const denied = (await auditOf(berth)).filter(({ outcome }) => outcome === 'denied')
    expect(denied.map(({ actor }) => actor.name)).toContain('dora')
    for (const repository of ['shop/web', 'shop/api'])
      expect(await client.remove(repository, 'manifests', first.digest)).toBe(202)
    expect(await by('otto')('DELETE', '/projects/shop/trash')).toMatchObject({ status: 200, body: { purged: 1 } })
    expect((await trashOf(admin, 'shop')).map(({ repository }) => repository)).toEqual(['shop/api'])
    await admin('DELETE', '/projects/shop/trash')
  })

  test('gives back tags to who may take them away, and moves those that they may overwrite', async () => {
    const id = await deleted('shop/web', ['build-1', 'build-2', 'v1'])
    await push(client, 'shop/web', second, { tag: 'build-2' })
    const { body } = await restore('otto', id, { overwrite: true })
    expect(body).toMatchObject({ restored: [{ tags: ['build-1'] }], notRestored: [] })
    expect(body.keptTags).toMatchObject([
      { tag: 'build-2', pointsAt: second.digest, because: expect.stringContaining('you may not move this tag') },
      { tag: 'v1', because: 'you may not set this tag' },
    ])
    expect(await client.get('shop/web', 'manifests', 'build-2')).toEqual(second.bytes)
  })
})

describe('what must stay as it is', () => {
  test('is not moved by a restore: an immutable tag', async () => {
    const id = await deleted('shop/rules', ['v1'])
    await push(client, 'shop/rules', second, { tag: 'v1' })
    const rule = { tags: [{ glob: 'v*' }], repositories: ['shop/rules'] }
    expect((await by('mia')('PUT', '/projects/shop/immutability-rules/releases', rule)).status).toBeLessThan(300)
    const { body } = await restore('mia', id, { overwrite: true })
    expect(body.keptTags).toMatchObject([{ tag: 'v1', because: expect.stringContaining('immutable') }])
    expect(await client.get('shop/rules', 'manifests', 'v1')).toEqual(second.bytes)
    expect(await client.get('shop/rules', 'manifests', first.digest)).toEqual(first.bytes)
  })

  test('is left alone by a restore: a locked repository, and the tag of a locked image', async () => {
    const id = await deleted('shop/locked', ['v1'])
    const lock = { repository: 'shop/locked', kinds: ['write'], reason: 'frozen for the audit' }
    expect((await by('mia')('POST', '/projects/shop/locks', lock)).status).toBe(201)
    const refused = await restore('mia', id)
    expect(refused.body).toMatchObject({
      restored: [],
      notRestored: [{ id, because: expect.stringContaining('frozen for the audit') }],
    })
    expect(await client.get('shop/locked', 'manifests', first.digest)).toBe(404)
    await by('mia')('DELETE', '/projects/shop/locks?repository=shop/locked')
    await push(client, 'shop/locked', second, { tag: 'v1' })
    await by('mia')('POST', '/projects/shop/locks', { ...lock, reference: 'v1' })
    const kept = await restore('mia', id, { overwrite: true })
    expect(kept.body).toMatchObject({ restored: [{ digest: first.digest, tags: [] }], keptTags: [{ tag: 'v1' }] })
    expect(await client.get('shop/locked', 'manifests', 'v1')).toEqual(second.bytes)
  })
})
