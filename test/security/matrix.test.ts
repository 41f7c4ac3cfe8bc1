import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { digestOf } from '../support/registry-client.ts'
import { blob, type Everybody, everyScope, type Headers, image, startWithEverybody } from './everybody.ts'
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
import { DISTRIBUTION_ROUTES, doors, EVERY_METHOD, OTHER_PATHS } from './routes.ts'

const ABSENT = digestOf(new TextEncoder().encode('nothing'))

let everybody: Everybody
beforeAll(async () => {
  everybody = await startWithEverybody()
})
afterAll(() => everybody?.[Symbol.asyncDispose]())
const headersOf = (caller: CallerName) => everybody.credentials.get(caller) as Headers

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
  const response = await fetch(everybody.url + targetOf(route, repository), { method, headers, ...body })
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
  test('every door', async () => {
    expect([...DOORS_WITH_LINES].toSorted()).toEqual([...(await doors())])
  })
  test('every caller of the table is somebody', () => {
    expect([...everybody.credentials.keys()].toSorted()).toEqual((Object.keys(CALLERS) as CallerName[]).toSorted())
  })
})

describe('every route of /v2, asked by', () => {
  for (const [name, caller] of Object.entries(CALLERS) as [CallerName, Expected][]) {
    for (const place of Object.keys(REPOSITORIES) as Place[]) {
      test(`${name}, in a repository that is ${place}`, async () => {
        const [expected, actual]: Record<string, number>[] = [{}, {}]
        for (const route of Object.keys(DISTRIBUTION)) {
          const response = await ask(route, REPOSITORIES[place], headersOf(name))
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
        const response = await ask(route, `nowhere${crypto.randomUUID()}/x`, headersOf(name))
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
        const headers = headersOf(caller)
        const { status } = await fetch(everybody.url + pathOf(kind, 'shop/web'), { method, headers })
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
          const { status } = await fetch(everybody.url + path, { method, headers: headersOf(name) })
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
      const response = await fetch(`${everybody.url}/token?${query}`, { headers: headersOf(name) })
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
