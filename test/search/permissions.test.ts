import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Document, registryClient } from '../support/registry-client.ts'
import { ADMIN, type Api, apiOf, basicOf, startClosed, until, userOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'
import { namesOf, pushImage, queryOf, searchAll } from './images.ts'

let berth: Berth
let admin: Api
let ada: Api
let stranger: Api
let secret: Document

beforeAll(async () => {
  berth = await startClosed()
  admin = apiOf(berth.url, ADMIN)
  const client = registryClient(berth.url, { Authorization: basicOf(ADMIN) })
  for (const [name, visibility] of [
    ['shop', 'private'],
    ['bank', 'private'],
    ['intern', 'internal'],
    ['open', 'public'],
  ])
    await admin('POST', '/projects', { name, visibility })
  secret = await pushImage(client, 'bank/vault', 'v1', { layers: ['secret'] })
  for (const repository of ['shop/web', 'shop/hidden', 'intern/tool', 'open/tool'])
    await pushImage(client, repository, 'v1', { layers: [repository] })
  // The names around those that may be seen, so that pages begin and end at what may not.
  for (let number = 0; number < 5; number += 1)
    await pushImage(client, `bank/x${number}`, 'v1', { layers: [`x${number}`] })
  ada = apiOf(berth.url, await userOf(admin, 'ada'))
  stranger = apiOf(berth.url, await userOf(admin, 'stranger'))
  const subject = { kind: 'user', name: 'ada' }
  await admin('POST', '/projects/shop/members', { subject, role: 'reader', repositories: 'shop/web' })
  await until(async () => (await searchAll(ada, { project: 'shop' })).length === 1)
})
afterAll(() => berth?.[Symbol.asyncDispose]())

const THEIRS = ['intern/tool:v1', 'open/tool:v1', 'shop/web:v1']

test('a search finds what the caller may pull, and nothing else', async () => {
  expect(namesOf(await searchAll(ada, {}))).toEqual(THEIRS)
  expect(namesOf(await searchAll(stranger, { sort: 'newest' })).toSorted()).toEqual(THEIRS.slice(0, 2))
  expect((await searchAll(admin, {})).length).toBe(10)
  const asking: readonly Parameters<typeof searchAll>[1][] = [
    { digest: secret.digest },
    { project: 'bank' },
    { repository: 'bank/vault' },
    { name: 'vault' },
    { project: 'bank', sort: 'newest' },
    { project: 'shop', name: 'hidden', tag: 'v1' },
  ]
  for (const asked of asking) expect([asked, await searchAll(ada, asked)]).toEqual([asked, []])
})

test('no page tells, by its content or where the next begins, of a name that the caller may not see', async () => {
  for (const list of ['search', 'search?sort=newest', 'repositories']) {
    let path: string | undefined = `/${list}${list.includes('?') ? '&' : '?'}limit=1`
    while (path !== undefined) {
      const { status, body, headers } = await ada('GET', path)
      expect(status).toBe(200)
      const link: string = decodeURIComponent(headers.get('Link') ?? '')
      for (const told of [link, JSON.stringify(body)]) {
        expect(told).not.toContain('bank')
        expect(told).not.toContain('hidden')
      }
      path = /^<\/api\/v1([^>]+)>/.exec(headers.get('Link') ?? '')?.[1]
    }
  }
})

test('repositories are listed to those who may pull from them', async () => {
  const names = async (api: Api, query = '') =>
    (await api('GET', `/repositories${query}`)).body.items.map(({ name }: { name: string }) => name)
  expect(await names(ada)).toEqual(['intern/tool', 'open/tool', 'shop/web'])
  expect(await names(ada, '?project=bank')).toEqual([])
  expect(await names(stranger, '?project=shop')).toEqual([])
})

test('an image that may not be pulled is not shown, and is refused as one that is not there', async () => {
  const show = (api: Api, repository: string) => api('GET', `/images?${queryOf({ repository, reference: 'v1' })}`)
  expect((await show(ada, 'shop/web')).status).toBe(200)
  expect((await show(stranger, 'open/tool')).status).toBe(200)
  const strip = ({ status, body }: Awaited<ReturnType<typeof show>>, name: string) => [
    status,
    JSON.stringify({ ...body, instance: '' }).replaceAll(name, 'NAME'),
  ]
  expect(strip(await show(ada, 'bank/vault'), 'bank/vault')).toEqual(
    strip(await show(ada, 'bank/nothing'), 'bank/nothing'),
  )
  expect((await show(ada, 'bank/vault')).status).toBe(403)
})

test('nobody who is not signed in searches', async () => {
  const nobody = apiOf(berth.url)
  for (const path of ['/search', '/repositories', '/images?repository=shop/web&reference=v1'])
    expect([path, (await nobody('GET', path)).status]).toEqual([path, 401])
})

test('a token that is restricted to repositories finds what is in those', async () => {
  const { body } = await admin('POST', '/account/tokens', {
    name: 'narrow',
    lifetimeDays: 1,
    scope: [{ repositories: 'open/**', permissions: ['pull'] }],
  })
  const narrow = apiOf(berth.url, { name: ADMIN.name, password: body.token })
  expect(namesOf(await searchAll(narrow, {}))).toEqual(['open/tool:v1'])
})
