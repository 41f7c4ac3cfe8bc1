import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Document, registryClient } from '../support/registry-client.ts'
import { ADMIN, type Api, apiOf, auditOf, basicOf, startClosed, until, userOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'
import { namesOf, pushImage, queryOf, searchAll } from './images.ts'

let berth: Berth
let admin: Api
let image: Document
let client: ReturnType<typeof registryClient>

beforeAll(async () => {
  berth = await startClosed()
  admin = apiOf(berth.url, ADMIN)
  client = registryClient(berth.url, { Authorization: basicOf(ADMIN) })
  image = await pushImage(client, 'shop/web', 'v1', {})
  await pushImage(client, 'shop/web', 'v2', { layers: ['two'] })
  await pushImage(client, 'shop/api', 'v1', { layers: ['api'] })
})
afterAll(() => berth?.[Symbol.asyncDispose]())

const onImage = (repository: string, reference: string, more = {}) =>
  `/images/labels?${queryOf({ repository, reference, ...more })}`
const onRepository = (repository: string, more = {}) => `/repositories/labels?${queryOf({ repository, ...more })}`
const found = async (label: string | readonly string[]) => namesOf(await searchAll(admin, { label }))

test('labels of an image are set beside those it has, told, found by, and taken away', async () => {
  const set = await admin('PUT', onImage('shop/web', 'v1'), { labels: { team: 'web', 'example.org/tier': '' } })
  expect(set.body).toEqual({ labels: { 'example.org/tier': '', team: 'web' } })
  await admin('PUT', onImage('shop/web', image.digest), { labels: { team: 'core' } })
  expect((await admin('GET', onImage('shop/web', 'v1'))).body.labels).toEqual({ 'example.org/tier': '', team: 'core' })
  expect(await found('team=core')).toEqual(['shop/web:v1'])
  expect(await found('example.org/tier=')).toEqual(['shop/web:v1'])
  expect(await found('team=web')).toEqual([])
  expect((await searchAll(admin, { tag: 'v1', name: 'web' }))[0]?.labels).toMatchObject({ team: 'core' })
  const left = await admin('DELETE', onImage('shop/web', 'v1', { key: 'example.org/tier' }))
  expect(left.body).toEqual({ labels: { team: 'core' } })
  expect((await admin('DELETE', onImage('shop/web', 'v1', { key: 'nothing' }))).status).toBe(404)
})

test('a label of a repository counts for each of its images', async () => {
  await admin('PUT', onRepository('shop/web'), { labels: { owner: 'ada' } })
  expect((await admin('GET', onRepository('shop/web'))).body).toEqual({ labels: { owner: 'ada' } })
  expect((await found('owner=ada')).toSorted()).toEqual(['shop/web:v1', 'shop/web:v2'])
  const { body } = await admin('GET', '/repositories?project=shop')
  expect(body.items.map((item: { name: string; labels: object }) => [item.name, item.labels])).toEqual([
    ['shop/api', {}],
    ['shop/web', { owner: 'ada' }],
  ])
  await admin('DELETE', onRepository('shop/web', { key: 'owner' }))
  expect(await found('owner=ada')).toEqual([])
})

test('what cannot be a label is refused by its name, and changes nothing', async () => {
  const before = (await admin('GET', onImage('shop/web', 'v2'))).body
  for (const [key, value] of [
    ['-team', 'x'],
    ['team-', 'x'],
    ['a/b/c', 'x'],
    ['Example.org/team', 'x'],
    ['te am', 'x'],
    ['x'.repeat(129), 'x'],
    ['team', 'y'.repeat(257)],
    ['team', 'a\u0000b'],
    ['team', 'a\nb'],
  ] as const) {
    const { status, body } = await admin('PUT', onImage('shop/web', 'v2'), { labels: { fine: 'yes', [key]: value } })
    expect([key, status, body.errors?.map((fault: { field: string }) => fault.field)]).toEqual([
      key,
      400,
      [`labels.${key.slice(0, 128)}`],
    ])
  }
  expect((await admin('PUT', onImage('shop/web', 'v2'), { labels: {} })).status).toBe(400)
  expect((await admin('PUT', onImage('shop/web', 'nothing'), { labels: { a: 'b' } })).status).toBe(404)
  expect((await admin('PUT', onRepository('shop/nothing'), { labels: { a: 'b' } })).status).toBe(404)
  expect((await admin('GET', onImage('shop/web', 'v2'))).body).toEqual(before)
})

test('an image has 64 labels at most', async () => {
  const labels = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`key-${index}`, 'x']))
  expect((await admin('PUT', onImage('shop/api', 'v1'), { labels })).status).toBe(200)
  const { status, body } = await admin('PUT', onImage('shop/api', 'v1'), { labels: { another: 'x' } })
  expect([status, body.detail]).toEqual([409, expect.stringContaining('65 labels, and 64')])
  expect((await admin('PUT', onImage('shop/api', 'v1'), { labels: { 'key-1': 'y' } })).status).toBe(200)
})

test('each change is recorded with what there was before; what changes nothing is not', async () => {
  const client = registryClient(berth.url, { Authorization: basicOf(ADMIN) })
  const { digest } = await pushImage(client, 'audited/app', 'v1', { layers: ['audited'] })
  await admin('PUT', onImage('audited/app', 'v1'), { labels: { stage: 'test' } })
  await admin('PUT', onImage('audited/app', 'v1'), { labels: { stage: 'prod' } })
  await admin('PUT', onImage('audited/app', 'v1'), { labels: { stage: 'prod' } })
  await admin('DELETE', onImage('audited/app', 'v1', { key: 'stage' }))
  const entries = (await auditOf(berth)).filter(
    ({ type, resource }) => type.startsWith('label.') && resource.repository === 'audited/app',
  )
  expect(entries.map(({ type, resource, detail }) => [type, resource.digest, detail])).toEqual([
    ['label.set', digest, { 'stage.before': null, 'stage.after': 'test' }],
    ['label.set', digest, { 'stage.before': 'test', 'stage.after': 'prod' }],
    ['label.remove', digest, { 'stage.before': 'prod', 'stage.after': null }],
  ])
})

describe('an image is labelled by whoever may move its tags', () => {
  let developer: Api
  let narrow: Api
  beforeAll(async () => {
    const grant = async (name: string, role: string, tags: string) => {
      const caller = await userOf(admin, name)
      const subject = { kind: 'user', name }
      await admin('POST', '/projects/shop/members', { subject, role, tags })
      return apiOf(berth.url, caller)
    }
    developer = await grant('dora', 'developer', '*')
    narrow = await grant('nora', 'developer', 'dev-*')
    await pushImage(client, 'shop/web', 'dev-1', { layers: ['dev'] })
    await until(async () => (await narrow('GET', onImage('shop/web', 'dev-1'))).status === 200)
  })

  test('and by nobody whose role is for other tags', async () => {
    expect((await developer('PUT', onImage('shop/web', 'v1'), { labels: { by: 'dora' } })).status).toBe(200)
    expect((await narrow('PUT', onImage('shop/web', 'dev-1'), { labels: { by: 'nora' } })).status).toBe(200)
    const refused = await narrow('PUT', onImage('shop/web', 'v1'), { labels: { by: 'nora' } })
    expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('the tag v1')])
  })

  test('and a repository by those who manage its policy', async () => {
    expect((await developer('PUT', onRepository('shop/web'), { labels: { by: 'dora' } })).status).toBe(403)
  })
})

test('labels go with their image, and are not there when it is pushed again', async () => {
  await pushImage(client, 'shop/gone', 'v1', { layers: ['gone'] })
  await admin('PUT', onImage('shop/gone', 'v1'), { labels: { old: 'yes' } })
  const [{ digest = '' } = {}] = await searchAll(admin, { label: 'old=yes' })
  expect(await client.remove('shop/gone', 'manifests', digest)).toBe(202)
  expect(await found('old=yes')).toEqual([])
  await pushImage(client, 'shop/gone', 'v1', { layers: ['gone'] })
  expect(await found('old=yes')).toEqual([])
})

test('to label what is not there makes no project', async () => {
  expect((await admin('PUT', onImage('nowhere/app', 'v1'), { labels: { a: 'b' } })).status).toBe(404)
  expect((await admin('GET', '/projects/nowhere')).status).toBe(404)
})
