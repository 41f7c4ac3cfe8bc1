import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ADMIN_ROUTES } from '../../src/entry/api/index.ts'
import { ADMINISTRATION, EVERYWHERE, HOME, MAY, OF_NOTHING } from './admin-table.ts'
import { type Everybody, type Headers, startWithEverybody } from './everybody.ts'
import { CALLERS, type CallerName, type Expected } from './matrix-table.ts'
import { EVERY_METHOD } from './routes.ts'

let everybody: Everybody
beforeAll(async () => {
  everybody = await startWithEverybody()
})
afterAll(() => everybody?.[Symbol.asyncDispose]())

/** Nothing of these is there, so that nothing is changed by whoever may. */
const NAMES = { token: 'none', user: 'none', group: 'none', role: 'none', member: '0', rule: 'none', robot: 'none' }

async function ask(operation: string, project: string, headers: Headers): Promise<number> {
  const [method = '', template = ''] = operation.split(' ')
  const names: Readonly<Record<string, string>> = { ...NAMES, project }
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? 'none')
  // What it asks for cannot be done, so that only who asks decides between 401, 403 and the rest.
  const body = ['post', 'put', 'patch'].includes(method) ? { body: '{"nothing":"of the kind"}' } : {}
  const sent = { ...headers, 'Content-Type': 'application/json' }
  const query = ADMINISTRATION[operation]?.startsWith('repository:') ? `?repository=${project}/web` : ''
  const response = await fetch(everybody.url + path + query, { method: method.toUpperCase(), headers: sent, ...body })
  await response.arrayBuffer()
  return response.status
}

function isRefused(status: number): boolean {
  return status === 401 || status === 403
}

test('no operation of the administration API is without a line in the table', () => {
  const operations = Object.values(ADMIN_ROUTES).map(({ method, path }) => `${method} ${path}`)
  expect(operations.toSorted()).toEqual(Object.keys(ADMINISTRATION).toSorted())
})

function expectedOf(name: CallerName, caller: Expected, project: string, operation: string): string {
  const who = ADMINISTRATION[operation]
  const isAbout = /^(?:project|repository):/.test(who ?? '')
  const isNothing = who?.startsWith('repository:') && project === 'nowhere' && OF_NOTHING.includes(name)
  const isTheirs = !isAbout || project === (HOME[name] ?? 'shop') || EVERYWHERE.includes(name) || isNothing
  if (who !== undefined && isTheirs && MAY[name]?.includes(who)) return 'answered'
  return caller.kind === 'signed in' ? '403' : 'refused'
}

describe('every operation of the administration API, asked by', () => {
  for (const [name, caller] of Object.entries(CALLERS) as [CallerName, Expected][]) {
    for (const project of ['shop', 'bank', 'nowhere']) {
      test(`${name}, about ${project}`, async () => {
        const expected: Record<string, string> = {}
        const actual: Record<string, string> = {}
        for (const operation of Object.keys(ADMINISTRATION)) {
          const status = await ask(operation, project, everybody.credentials.get(name) as Headers)
          expected[operation] = expectedOf(name, caller, project, operation)
          const refusal = caller.kind === 'signed in' ? String(status) : 'refused'
          actual[operation] = isRefused(status) ? refusal : 'answered'
          expect([operation, status < 500]).toEqual([operation, true])
        }
        expect(actual).toEqual(expected)
      })
    }
  }
})

test('what the API says of itself is for everybody, and is only read', async () => {
  for (const path of ['/api/v1/openapi.json', '/api/v1/docs']) {
    for (const method of EVERY_METHOD) {
      const { status } = await fetch(everybody.url + path, { method })
      expect([path, method, status]).toEqual([path, method, method === 'GET' || method === 'HEAD' ? 200 : 405])
    }
  }
})

test('a method that an operation does not have is refused, whoever asks it', async () => {
  const paths = Map.groupBy(Object.keys(ADMINISTRATION), operation => operation.split(' ')[1] as string)
  for (const [path, operations] of paths) {
    const known = operations.map(operation => operation.split(' ')[0]?.toUpperCase())
    for (const method of EVERY_METHOD) {
      if (known.includes(method) || (method === 'HEAD' && known.includes('GET'))) continue
      const status = await ask(`${method} ${path}`, 'shop', everybody.credentials.get('administrator') as Headers)
      expect([method, path, status]).toEqual([method, path, 405])
    }
  }
})
