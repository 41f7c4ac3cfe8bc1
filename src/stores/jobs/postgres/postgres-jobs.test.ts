import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Postgres, postgresBinaries, startPostgres } from '../../../../test/support/start-postgres.ts'
import { describeWithTools } from '../../../../test/tools/find-tools.ts'
import { migratePostgres } from '../../metadata/postgres/open.ts'
import { jobsContract } from '../jobs.contract.ts'
import { openPlace } from '../worker.contract.ts'

const need = { name: 'PostgreSQL', isThere: () => postgresBinaries() !== undefined }

describeWithTools('postgres', 'PostgreSQL', [need], () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const database = async () => {
    const url = await server.createDatabase()
    await migratePostgres({ url, maxConnections: 1, connectTimeoutSeconds: 5, statementTimeoutSeconds: 30 })
    return { place: { url }, [Symbol.asyncDispose]: async () => undefined }
  }

  jobsContract('PostgreSQL', database)

  test('replicas that start at once make the schema of pg-boss once', async () => {
    const { place } = await database()
    const replicas = [1, 2, 3, 4].map(() => openPlace(place))
    const faults: unknown[] = []
    const observer = { settled: () => undefined, fault: (error: unknown) => void faults.push(error) }
    await Promise.all(replicas.map(({ jobs }) => jobs.start(observer)))
    await Promise.all(replicas.map(({ jobs }) => jobs.stop()))
    await Promise.all(replicas.map(({ engine }) => engine.close()))
    expect(faults).toEqual([])
  })

  test('the schema of pg-boss is the one that decisions/0008 speaks of: read it before you raise this number', async () => {
    expect(await import('pg-boss/package.json')).toMatchObject({ pgboss: { schema: 46 } })
  })
})
