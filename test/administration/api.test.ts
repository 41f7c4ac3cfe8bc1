import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { ADMIN_ROUTES } from '../../src/entry/api/index.ts'
import { ADMIN, type Api, apiOf, basicOf, startClosed, userOf } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'

describe('the administration API', () => {
  let berth: Berth
  let admin: Api
  beforeAll(async () => {
    berth = await startClosed()
    admin = apiOf(berth.url, ADMIN)
  })
  afterAll(() => berth[Symbol.asyncDispose]())

  const post = (path: string, body: string | Uint8Array, type: string) =>
    fetch(`${berth.url}/api/v1${path}`, {
      method: 'POST',
      body,
      headers: { Authorization: basicOf(ADMIN), 'Content-Type': type },
    })

  test('every route wants to know who is calling', async () => {
    const nobody = apiOf(berth.url)
    const answers = await Promise.all(
      Object.values(ADMIN_ROUTES).map(async ({ method, path, resource }) => {
        const query = resource === 'repository' ? '?repository=some/where' : ''
        const asked = `${path.slice('/api/v1'.length).replace(/[{}]/g, '')}${query}`
        const { status } = await nobody(method.toUpperCase(), asked)
        return `${status} ${method} ${path}`
      }),
    )
    expect(answers.filter(answer => !answer.startsWith('401'))).toEqual([])
    expect(answers.length).toBeGreaterThan(40)
  })

  test('a refusal is a problem that names the request, and says how to sign in', async () => {
    const { status, body, headers } = await apiOf(berth.url)('GET', '/users')
    expect(headers.get('Content-Type')).toBe('application/problem+json')
    expect(headers.get('WWW-Authenticate')).toContain(`Bearer realm="${berth.url}/token"`)
    expect(headers.get('WWW-Authenticate')).toContain('Basic realm="Berth"')
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status,
      detail: 'Nobody is signed in.',
      code: 'UNAUTHORIZED',
      instance: headers.get('X-Request-Id'),
    })
    const wrong = await apiOf(berth.url, { name: 'admin', password: 'not-the-password' })('GET', '/account')
    expect([wrong.status, wrong.headers.get('Content-Type')]).toEqual([401, 'application/problem+json'])
  })

  test('what is wrong in a body is told field by field', async () => {
    const { status, body } = await admin('POST', '/users', { name: 7, email: [] })
    expect(status).toBe(400)
    expect(body.errors.map(({ field }: { field: string }) => field)).toEqual(['name', 'email'])
  })

  test('what the schema does not name is refused, so that nobody makes themselves more than they are', async () => {
    const tries = [
      { name: 'mallory', isAdmin: true },
      { name: 'mallory', system_role: 'administrator' },
      { name: 'mallory', source: 'ldap', state: 'active' },
      '{"name":"mallory","__proto__":{"systemRole":"administrator"}}',
    ]
    for (const body of tries) expect((await admin('POST', '/users', body)).status).toBe(400)
    expect((await admin('GET', '/users/mallory')).status).toBe(404)
    expect((await admin('GET', '/users?admin=true')).status).toBe(400)
  })

  test('only JSON is taken, and no more than 64 KiB of it', async () => {
    const typed = async (body: string | Uint8Array, type: string) => (await post('/groups', body, type)).status
    expect(await typed('name=web', 'application/x-www-form-urlencoded')).toBe(415)
    expect(await typed('{"name":"web"}', 'text/plain')).toBe(415)
    expect(await typed('{"name":', 'application/json')).toBe(400)
    expect(await typed('[]', 'application/json')).toBe(400)
    expect(await typed(JSON.stringify({ name: 'x'.repeat(70_000) }), 'application/json')).toBe(413)
    expect(await typed('{"name":"web"}', 'application/json; charset=utf-8')).toBe(201)
  })

  test('a path that is none, and a method that is not there, are said to be so', async () => {
    expect((await admin('GET', '/secrets')).status).toBe(404)
    const { status, headers } = await admin('PUT', '/users')
    expect([status, headers.get('Allow')]).toEqual([405, 'GET, POST, HEAD'])
    for (const path of ['/projects/a%2Fb', '/projects/Bad_', '/projects/a%00'])
      expect({ path, status: (await admin('GET', path)).status }).toEqual({ path, status: 400 })
  })

  test('a list goes on where its Link says, and has everything once', async () => {
    const names = ['p1', 'p2', 'p3', 'p4', 'p5']
    for (const name of names) await admin('POST', '/projects', { name })
    const found: string[] = []
    let path: string | undefined = '/projects?limit=2'
    let pages = 0
    while (path !== undefined) {
      const { body, headers } = await admin('GET', path)
      found.push(...body.items.map(({ name }: { name: string }) => name))
      path = /<\/api\/v1([^>]+)>; rel="next"/.exec(headers.get('Link') ?? '')?.[1]
      pages += 1
    }
    expect(found).toEqual(names)
    expect(pages).toBe(3)
    for (const limit of ['0', '-1', '1001', 'x', ''])
      expect({ limit, status: (await admin('GET', `/projects?limit=${limit}`)).status }).toEqual({ limit, status: 400 })
  })

  test('members, robots and the members of a group have pages too', async () => {
    await admin('POST', '/projects', { name: 'paged' })
    await admin('POST', '/groups', { name: 'all of them' })
    for (const name of ['ann', 'ben', 'cat']) {
      await userOf(admin, name)
      await admin('PUT', `/groups/all%20of%20them/members/${name}`)
      await admin('POST', '/projects/paged/members', { subject: { kind: 'user', name }, role: 'reader' })
      await admin('POST', '/projects/paged/robots', { name, grants: [{ role: 'CI' }] })
    }
    for (const [path, count] of [
      ['/projects/paged/members', 7],
      ['/projects/paged/robots', 3],
      ['/groups/all%20of%20them/members', 3],
      ['/users', 4],
    ] as const) {
      const seen: string[] = []
      for (let next: string | undefined = `${path}?limit=1`; next; ) {
        const { body, headers } = await admin('GET', next)
        seen.push(...body.items.map((item: object) => JSON.stringify(item)))
        next = /<\/api\/v1([^>]+)>/.exec(headers.get('Link') ?? '')?.[1]
      }
      expect({ path, all: seen.length, different: new Set(seen).size }).toEqual({ path, all: count, different: count })
    }
  })

  test('its OpenAPI document is one, and names every route and nothing else', async () => {
    const response = await fetch(`${berth.url}/api/v1/openapi.json`)
    const document = (await response.json()) as { paths: Record<string, Record<string, { operationId: string }>> }
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true })
    const told = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${operationId}: ${method} ${path}`),
    )
    const routes = Object.entries(ADMIN_ROUTES).map(
      ([operation, { method, path }]) => `${operation}: ${method} ${path}`,
    )
    expect(told.sort()).toEqual(routes.sort())
  })

  test('its page loads nothing from elsewhere', async () => {
    const page = await fetch(`${berth.url}/api/v1/docs`)
    expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'none'")
    const text = await page.text()
    const parts = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path as string)
    expect(parts.length).toBe(3)
    for (const path of parts) {
      expect(path).toStartWith('/api/v1/docs/')
      const part = await fetch(`${berth.url}${path}`)
      expect([part.status, (await part.text()).length > 50]).toEqual([200, true])
    }
    expect(text).not.toContain('<script>')
  })

  test('a registry token administers nothing', async () => {
    const response = await fetch(`${berth.url}/token?scope=registry:catalog:*`, {
      headers: { Authorization: basicOf(ADMIN) },
    })
    const { token } = (await response.json()) as { token: string }
    const asked = (path: string) =>
      fetch(`${berth.url}/api/v1${path}`, { headers: { Authorization: `Bearer ${token}` } })
    for (const path of ['/users', '/projects/p1', '/account/tokens', '/audit'])
      expect({ path, status: (await asked(path)).status }).toEqual({ path, status: 401 })
  })
})

test('without authentication everything can be administered, but there is no account', async () => {
  await using berth = await startBerth()
  const anybody = apiOf(berth.url)
  expect((await anybody('POST', '/projects', { name: 'shop' })).status).toBe(201)
  expect((await anybody('POST', '/projects/shop/robots', { name: 'ci', grants: [{ role: 'owner' }] })).status).toBe(201)
  expect((await anybody('GET', '/account')).body).toMatchObject({ kind: 'anonymous' })
  expect((await anybody('POST', '/account/tokens', { name: 'mine', lifetimeDays: 1 })).status).toBe(409)
})
