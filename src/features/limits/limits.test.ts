import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Postgres, postgresBinaries, startPostgres } from '../../../test/support/start-postgres.ts'
import { describeWithTools } from '../../../test/tools/find-tools.ts'
import { openPostgresMetadata, openSqliteMetadata } from '../../stores/metadata/index.ts'
import { limitHeaders, tooManyRequests } from './index.ts'
import { limitsContract, type OpenedDatabase } from './limits.contract.ts'
import { signInContract } from './sign-in.contract.ts'

const openSqlite = async (): Promise<OpenedDatabase> => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-limits-'))
  const { engine } = await openSqliteMetadata(join(folder, 'berth.db'))
  return {
    engine,
    another: async () => (await openSqliteMetadata(join(folder, 'berth.db'))).engine,
    async [Symbol.asyncDispose]() {
      await engine.close()
      await rm(folder, { recursive: true })
    },
  }
}
limitsContract('SQLite', openSqlite)
signInContract('SQLite', openSqlite)

const need = { name: 'PostgreSQL', isThere: () => postgresBinaries() !== undefined }

describeWithTools('postgres', 'PostgreSQL', [need], () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const openPostgres = async (): Promise<OpenedDatabase> => {
    const url = await server.createDatabase()
    const options = { url, maxConnections: 10, connectTimeoutSeconds: 5, statementTimeoutSeconds: 30 }
    const { engine } = await openPostgresMetadata(options)
    return {
      engine,
      another: async () => (await openPostgresMetadata(options)).engine,
      [Symbol.asyncDispose]: () => engine.close(),
    }
  }
  limitsContract('PostgreSQL', openPostgres)
  signInContract('PostgreSQL', openPostgres)
})

const VERDICT = {
  which: 'anonymousPulls',
  source: '192.0.2.1',
  limit: 100,
  windowSeconds: 21_600,
  remaining: 76,
  resetsAfterSeconds: 90,
  allowed: true,
  retryAfterSeconds: 0,
} as const

test('the headers are those that Docker Hub’s clients read', () => {
  expect(limitHeaders(VERDICT)).toEqual({
    'ratelimit-limit': '100;w=21600',
    'ratelimit-remaining': '76;w=21600',
    'docker-ratelimit-source': '192.0.2.1',
  })
  const odd = limitHeaders({ ...VERDICT, source: 'ännchen\r\nX-Y: z' })
  expect(() => new Headers(odd)).not.toThrow()
  expect(odd['docker-ratelimit-source']).toBe('?nnchen??X-Y:?z')
})

test('whoever met a limit is told which, whom it counts and when it ends', () => {
  const error = tooManyRequests({ ...VERDICT, allowed: false, remaining: 0, retryAfterSeconds: 90 }, 0)
  expect([error.status, error.code, error.headers['Retry-After']]).toEqual([429, 'TOOMANYREQUESTS', '90'])
  expect(error.message).toBe(
    'The limit of 100 pulls without signing in in 6 hours was reached for 192.0.2.1 (anonymousPulls). It ends in 90 seconds, at 1970-01-01T00:01:30.000Z. Whoever signs in is counted apart.',
  )
  expect(error.headers['ratelimit-remaining']).toBe('0;w=21600')
})
