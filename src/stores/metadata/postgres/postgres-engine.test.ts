import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sql } from 'kysely'
import { type Postgres, postgresBinaries, startPostgres } from '../../../../test/support/start-postgres.ts'
import { describeWithTools } from '../../../../test/tools/find-tools.ts'
import type { RepositoryName } from '../../../oci/index.ts'
import { Unavailable } from '../../../platform/outcome/index.ts'
import { auditContract } from '../audit/audit.contract.ts'
import { engineContract } from '../engine.contract.ts'
import { identityContract } from '../identity/identity.contract.ts'
import { migratePostgres } from './open.ts'
import { openPostgresEngine } from './postgres-engine.ts'

const need = { name: 'PostgreSQL', isThere: () => postgresBinaries() !== undefined }

describeWithTools('postgres', 'PostgreSQL', [need], () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const options = async () => ({
    url: await server.createDatabase(),
    maxConnections: 10,
    connectTimeoutSeconds: 5,
    statementTimeoutSeconds: 30,
  })

  const open = async () => {
    const settings = await options()
    await migratePostgres(settings)
    const engine = openPostgresEngine(settings)
    return {
      engine,
      another: async () => openPostgresEngine(settings),
      [Symbol.asyncDispose]: () => engine.close(),
    }
  }

  engineContract('PostgreSQL', open)
  auditContract('PostgreSQL', open)
  identityContract('PostgreSQL', open)

  test('replicas that start at once migrate once', async () => {
    const settings = await options()
    const reports = await Promise.all([1, 2, 3, 4].map(() => migratePostgres(settings)))
    expect(reports.filter(report => report.applied.length > 0)).toHaveLength(1)
  })

  test('a server that restarts breaks what is under way and nothing after it', async () => {
    const settings = await options()
    await migratePostgres(settings)
    const engine = openPostgresEngine(settings)
    const insert = (name: string) =>
      engine.write(async queries => {
        await queries
          .insertInto('repositories')
          .values({ name: name as RepositoryName, created_at: 1 })
          .execute()
      })
    await insert('before')
    await server.restart()
    const failures: unknown[] = []
    while (
      await insert('after').then(
        () => false,
        error => failures.push(error) > 0,
      )
    )
      await Bun.sleep(20)
    for (const failure of failures) expect(failure).toBeInstanceOf(Unavailable)
    const rows = await engine.db.selectFrom('repositories').select('name').orderBy('name').execute()
    expect(rows.map(row => String(row.name))).toEqual(['after', 'before'])
    await engine.close()
  })

  test('a long transaction comes through while others change what it reads all the time', async () => {
    const settings = await options()
    await migratePostgres(settings)
    const engine = openPostgresEngine(settings)
    const insert = async (name: string, pauseSeconds: number) =>
      engine.write(async queries => {
        for (let read = 0; read < 3; read += 1) {
          await queries.selectFrom('repositories').select('name').execute()
          await sql`select pg_sleep(${pauseSeconds}::float8)`.execute(queries)
        }
        await queries
          .insertInto('repositories')
          .values({ name: name as RepositoryName, created_at: 1 })
          .execute()
      })
    let isOver = false
    const others = Array.from({ length: 4 }, async (_, writer) => {
      for (let written = 0; !isOver; written += 1) await insert(`other-${writer}-${written}`, 0.001)
    })
    await insert('long', 0.1)
    isOver = true
    await Promise.all(others)
    const rows = await engine.db
      .selectFrom('repositories')
      .select('id')
      .where('name', '=', 'long' as RepositoryName)
      .execute()
    expect(rows).toHaveLength(1)
    await engine.close()
  })

  test('a server that is not there is said to be unavailable', async () => {
    const url = 'postgres://berth@127.0.0.1:1/none'
    const engine = openPostgresEngine({ ...(await options()), url })
    const failure = await engine
      .write(async queries => queries.selectFrom('tags').selectAll().execute())
      .catch(error => error)
    expect(failure).toBeInstanceOf(Unavailable)
    await engine.close()
  })
})
