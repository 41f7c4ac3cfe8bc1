import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  basic,
  bearer,
  identitiesOf,
  type MadeToken,
  RIGHTS_COUNT_AFTER_MS,
  registryToken,
  SECURED,
  type TestIdentities,
} from '../support/identities.ts'
import { type Bytes, blobOf, digestOf, imageOf } from '../support/registry-client.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import {
  CALLERS,
  type CallerName,
  DISTRIBUTION,
  DOORS_WITH_LINES,
  type Expected,
  OTHERS,
  type Place,
  REPOSITORIES,
  type Right,
  rightsIn,
} from './matrix-table.ts'
import { DISTRIBUTION_ROUTES, DOORS, EVERY_METHOD, OTHER_PATHS } from './routes.ts'

type Headers = Readonly<Record<string, string>>

const blob = blobOf('{}')
const image = imageOf([blob])
const ABSENT = digestOf(new TextEncoder().encode('nothing'))

let berth: Berth
let identities: TestIdentities
const credentials = new Map<CallerName, Headers>()

beforeAll(async () => {
  berth = await startBerth({ env: { ...SECURED, BERTH_LOG_REQUESTS: 'none' } })
  identities = await identitiesOf(berth.dataFolder)
  await makeEverybody()
  await Bun.sleep(RIGHTS_COUNT_AFTER_MS)
})
afterAll(async () => {
  await identities?.[Symbol.asyncDispose]()
  await berth?.[Symbol.asyncDispose]()
})

async function makeEverybody(): Promise<void> {
  const { project, user, grant, token, group, robot, tables } = identities
  for (const [name, visibility] of [
    ['shop', 'private'],
    ['bank', 'private'],
    ['wiki', 'internal'],
    ['open', 'public'],
  ] as const)
    await project(name, visibility)
  await tables.roles.put({ name: 'cleaner', permissions: ['pull', 'delete'], now: Date.now() })
  const tokens = new Map<string, MadeToken>()
  const enter = async (caller: CallerName, name: string, role?: string, within?: { repositories: string }) => {
    await user(name)
    if (role !== undefined) await grant('shop', name, role, within)
    const made = await token(name)
    tokens.set(name, made)
    credentials.set(caller, basic(name, made.secret))
    return made
  }
  for (const role of ['owner', 'maintainer', 'developer', 'CI', 'reader', 'auditor'] as const)
    await enter(role, role.toLowerCase(), role)
  await enter('custom role', 'custom', 'cleaner')
  await enter('by a group', 'grouped')
  await group('web', ['grouped'])
  await grant('shop', '@web', 'developer')
  await enter('of one repository', 'narrow', 'owner', { repositories: 'shop/web' })
  await enter('reader of one repository', 'narrow-reader', 'reader', { repositories: 'shop/web' })
  await enter('no role', 'stranger')
  for (const [caller, name, systemRole] of [
    ['administrator', 'root', 'administrator'],
    ['auditor of the system', 'inspector', 'auditor'],
    ['project creator', 'founder', 'project creator'],
  ] as const) {
    await user(name, { systemRole })
    credentials.set(caller, basic(name, (await token(name)).secret))
  }
  await pushContent()
  const ci = await robot('shop', 'ci')
  await grant('shop', ci, 'developer', { repositories: 'shop/web' })
  credentials.set('robot', basic(ci, (await token(ci)).secret))
  const off = await robot('shop', 'off')
  await grant('shop', off, 'developer')
  credentials.set('disabled robot', basic(off, (await token(off)).secret))
  await tables.robots.update('shop', off, { state: 'disabled' })
  const other = await robot('bank', 'ci')
  await grant('bank', other, 'developer')
  credentials.set('robot of another project', basic(other, (await token(other)).secret))

  credentials.set('anonymous', {})
  const restricted = async (caller: CallerName, name: string, permission: string, ...globs: readonly string[]) => {
    const scope = globs.map(repositories => ({ repositories, permissions: [permission] }))
    credentials.set(caller, bearer((await token(name, { scope })).secret))
  }
  await restricted('token to pull from one repository', 'owner', 'pull', 'shop/web')
  await restricted('token to push', 'owner', 'push', 'shop/**')
  await restricted("administrator's token to pull", 'root', 'pull', 'shop/**', 'nowhere*/**')
  await registryTokens()

  await endedIdentities(tokens)
}

async function pushContent(): Promise<void> {
  const root = credentials.get('administrator') as Headers
  for (const repository of Object.values(REPOSITORIES)) {
    const put = (path: string, body: Bytes, type = 'application/octet-stream') =>
      fetch(`${berth.url}/v2/${repository}/${path}`, {
        method: path.startsWith('blobs') ? 'POST' : 'PUT',
        body: body.bytes,
        headers: { ...root, 'Content-Type': type },
      })
    expect((await put(`blobs/uploads/?digest=${blob.digest}`, blob)).status).toBe(201)
    expect((await put('manifests/v1', image, image.mediaType)).status).toBe(201)
  }
}

const everyScope = [...Object.values(REPOSITORIES).map(name => `repository:${name}:*`), 'registry:catalog:*']

async function registryTokens(): Promise<void> {
  const owner = credentials.get('owner') as Headers
  const ask = async (caller: CallerName, by: Headers, ...scopes: string[]) =>
    credentials.set(caller, bearer(await registryToken(berth.url, by, ...scopes)))
  await ask('registry token to pull', owner, 'repository:shop/web:pull')
  await ask('registry token to pull and push', owner, 'repository:shop/web:pull,push')
  await ask('registry token without scopes', owner)
  await ask('registry token of nobody', {}, ...everyScope)
  const narrow = credentials.get('reader of one repository') as Headers
  await ask('registry token that asked for everything', narrow, ...everyScope)
}

/** Those who were somebody once. */
async function endedIdentities(tokens: Map<string, MadeToken>): Promise<void> {
  const { user, grant, token, tables, revoke } = identities
  expect(tokens.size).toBeGreaterThan(0)
  const leave = async (name: string, ...callers: [direct: CallerName | undefined, issued: CallerName | undefined]) => {
    await user(name)
    const held = await grant('shop', name, 'owner')
    const made = await token(name)
    const [direct, issued] = callers
    if (direct) credentials.set(direct, basic(name, made.secret))
    const scope = 'repository:shop/web:pull,push,delete'
    if (issued) credentials.set(issued, bearer(await registryToken(berth.url, basic(name, made.secret), scope)))
    return { made, held }
  }
  const disabled = await leave('gone-disabled', 'disabled user', 'registry token of a disabled user')
  await tables.users.update('gone-disabled', { state: 'disabled' })
  expect(disabled.made.secret).not.toBe('')
  const revoked = await leave('gone-revoked', 'revoked token', 'registry token whose token was revoked')
  await revoke(revoked.made)
  await leave('gone-removed', 'token of a removed user', 'registry token of a removed user')
  await tables.users.remove('gone-removed')
  const lost = await leave('gone-role', undefined, 'registry token of somebody who lost the role')
  await tables.grants.remove('shop', lost.held)
  const expired = await token('owner', { expiresAt: Date.now() - 1 })
  credentials.set('expired token', basic('owner', expired.secret))
  credentials.set('wrong password', basic('owner', 'no password of theirs'))
}

function pathOf(kind: string, repository: string): string {
  const paths: Readonly<Record<string, string>> = {
    base: '/v2/',
    catalog: '/v2/_catalog',
    tags: `/v2/${repository}/tags/list`,
    referrers: `/v2/${repository}/referrers/${image.digest}`,
    manifest: `/v2/${repository}/manifests/v1`,
    blob: `/v2/${repository}/blobs/${blob.digest}`,
    uploads: `/v2/${repository}/blobs/uploads/`,
    upload: `/v2/${repository}/blobs/uploads/${crypto.randomUUID()}?digest=${ABSENT}`,
  }
  const path = paths[kind]
  if (path === undefined) throw new Error(`The matrix does not know how to ask for ${kind}.`)
  return path
}

/** What is deleted must stay for the next caller. */
function targetOf(route: string, repository: string): string {
  const [method, kind] = route.split(' ') as [string, string]
  const path = pathOf(kind, repository)
  return method === 'DELETE' ? path.replace('/manifests/v1', '/manifests/none').replace(blob.digest, ABSENT) : path
}

async function ask(route: string, repository: string, headers: Headers): Promise<Response> {
  const [method = ''] = route.split(' ')
  const body = method === 'PUT' || method === 'PATCH' ? { body: '{' } : {}
  const response = await fetch(berth.url + targetOf(route, repository), { method, headers, ...body })
  await response.arrayBuffer()
  return response
}

/** 401 where to sign in, or another token, may help; 403 where it will not. */
function refusalOf(caller: Expected, right: Right, place: Place): number {
  if (caller.kind === 'anonymous' || caller.kind === 'bad credentials') return 401
  if (caller.kind === 'signed in') return 403
  if (caller.identity === undefined) return 401
  return rightsIn(place, CALLERS[caller.identity] as Expected).includes(right) ? 401 : 403
}

function expectedStatus(caller: Expected, route: string, place: Place): number {
  const line = DISTRIBUTION[route]
  if (!line) throw new Error(`There is no line for ${route}.`)
  if (line.needs === 'signed in') {
    if (caller.kind === 'anonymous' || caller.kind === 'bad credentials') return 401
    return route.endsWith('catalog') && caller.catalog === false ? 401 : line.answers
  }
  return rightsIn(place, caller).includes(line.needs) ? line.answers : refusalOf(caller, line.needs, place)
}

describe('nothing is served without a line in the table:', () => {
  test('every endpoint of /v2 and every method of it', () => {
    expect(Object.keys(DISTRIBUTION).toSorted()).toEqual(DISTRIBUTION_ROUTES.toSorted())
  })
  test('every path beside /v2', () => {
    expect(Object.keys(OTHERS).toSorted()).toEqual([...OTHER_PATHS])
  })
  test('every door', () => {
    expect([...DOORS_WITH_LINES]).toEqual([...DOORS])
  })
  test('every caller of the table is somebody', () => {
    expect([...credentials.keys()].toSorted()).toEqual((Object.keys(CALLERS) as CallerName[]).toSorted())
  })
})

describe('every route of /v2, asked by', () => {
  for (const [name, caller] of Object.entries(CALLERS) as [CallerName, Expected][]) {
    for (const place of Object.keys(REPOSITORIES) as Place[]) {
      test(`${name}, in a repository that is ${place}`, async () => {
        const [expected, actual]: Record<string, number>[] = [{}, {}]
        for (const route of Object.keys(DISTRIBUTION)) {
          const response = await ask(route, REPOSITORIES[place], credentials.get(name) as Headers)
          ;(expected as Record<string, number>)[route] = expectedStatus(caller, route, place)
          ;(actual as Record<string, number>)[route] = response.status
          // Whoever is told to come again is told where.
          const challenge = response.headers.get('WWW-Authenticate')
          expect([route, challenge !== null]).toEqual([route, response.status === 401])
        }
        expect(actual).toEqual(expected as Record<string, number>)
      })
    }

    test(`${name}, where there is no project`, async () => {
      const odd: unknown[] = []
      for (const [route, { needs }] of Object.entries(DISTRIBUTION)) {
        if (needs === 'signed in') continue
        const response = await ask(route, `nowhere${crypto.randomUUID()}/x`, credentials.get(name) as Headers)
        const expected = expectedWhereNothingIs(name, caller, route, needs)
        if (response.status !== expected) odd.push({ route, expected, status: response.status })
      }
      expect(odd).toEqual([])
    })
  }
})

function expectedWhereNothingIs(name: CallerName, caller: Expected, route: string, needs: Right): number | undefined {
  if (needs === 'push' && caller.absent === 'makes it') return DISTRIBUTION[route]?.answers
  if (seesAbsence(name, caller, needs)) return route.endsWith('referrers') ? 200 : 404
  // As for what is foreign and private, so that nobody finds out what there is.
  return refusalOf(caller, needs, 'foreign private')
}

function seesAbsence(name: CallerName, { absent }: Expected, needs: Right): boolean {
  if (name === 'administrator') return needs !== 'push'
  if (absent === 'lists what is not there') return needs === 'list'
  return absent === 'reads what is not there' && ['stat', 'list', 'pull'].includes(needs)
}

test('a method that an endpoint does not have is refused, whoever asks', async () => {
  for (const kind of new Set(DISTRIBUTION_ROUTES.map(route => route.split(' ')[1] as string))) {
    for (const method of EVERY_METHOD) {
      if (`${method} ${kind}` in DISTRIBUTION) continue
      for (const caller of ['anonymous', 'administrator'] as const) {
        const headers = credentials.get(caller) as Headers
        const { status } = await fetch(berth.url + pathOf(kind, 'shop/web'), { method, headers })
        expect([method, kind, caller, status]).toEqual([method, kind, caller, 405])
      }
    }
  }
})

describe('what is served beside /v2, asked by', () => {
  for (const [name, caller] of Object.entries(CALLERS) as [CallerName, Expected][]) {
    test(name, async () => {
      for (const [path, line] of Object.entries(OTHERS)) {
        for (const method of EVERY_METHOD) {
          if (path === '/token' && method === 'POST') continue
          const { status } = await fetch(berth.url + path, { method, headers: credentials.get(name) as Headers })
          expect([path, method, status]).toEqual([path, method, statusBeside(path, method, line, caller)])
        }
      }
    })
  }
})

function statusBeside(path: string, method: string, line: (typeof OTHERS)[string], caller: Expected): number {
  const isBad = caller.kind === 'bad credentials' && !(caller.isSigned && path !== '/token' && path !== '/metrics')
  const isRefusedFirst = isBad && line.badCredentials === 401 && path !== '/metrics'
  if (!line.methods.includes(method)) return isRefusedFirst && !caller.isSigned ? 401 : 405
  if (isBad) return line.badCredentials
  if (caller.kind === 'anonymous') return line.anonymous
  if (caller.kind === 'registry token') return path === '/metrics' || path === '/token' ? 401 : line.member
  return caller.metrics ? line.administrator : line.member
}

describe('a token is issued for what its bearer may do and no more, asked by', () => {
  for (const [name, caller] of Object.entries(CALLERS) as [CallerName, Expected][]) {
    test(name, async () => {
      const query = everyScope.map(scope => `scope=${scope.replace(':*', ':pull,push,delete,*')}`).join('&')
      const response = await fetch(`${berth.url}/token?${query}`, { headers: credentials.get(name) as Headers })
      if (caller.kind === 'bad credentials' || caller.kind === 'registry token') {
        expect(response.status).toBe(401)
        return
      }
      expect(response.status).toBe(200)
      const { token } = (await response.json()) as { token: string }
      const claims = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString())
      const granted = claims.access.filter((entry: { type: string }) => entry.type === 'repository')
      const expected = (Object.keys(REPOSITORIES) as Place[]).flatMap(place => {
        const actions = rightsIn(place, caller).filter(right => ['pull', 'push', 'delete'].includes(right))
        return actions.length === 0 ? [] : [{ type: 'repository', name: REPOSITORIES[place] as string, actions }]
      })
      expect(granted).toEqual(expected)
      expect(claims.access.length - granted.length).toBe(caller.kind === 'anonymous' ? 0 : 1)
    })
  }
})
