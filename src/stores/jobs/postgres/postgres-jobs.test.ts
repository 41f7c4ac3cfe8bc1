import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Postgres, postgresBinaries, startPostgres } from '../../../../test/support/start-postgres.ts'
import { describeWithTools } from '../../../../test/tools/find-tools.ts'
import { migratePostgres } from '../../metadata/postgres/open.ts'
import { jobsContract } from '../jobs.contract.ts'
import { ECHO, openPlace } from '../worker.contract.ts'

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

  test('a server that restarts is waited for, and jobs go on', async () => {
    const { place } = await database()
    const { engine, jobs } = openPlace(place)
    const faults: unknown[] = []
    await jobs.start({ settled: () => undefined, fault: error => void faults.push(error) })
    let ticks = 0
    const echoes: string[] = []
    jobs.repeat('tick', 0.05, async () => {
      ticks += 1
    })
    await jobs.work(ECHO, async ({ data }) => void echoes.push(data.text))
    while (ticks === 0) await Bun.sleep(10)
    await server.restart()
    const before = ticks
    const enqueue = () => engine.write(queries => jobs.enqueue(queries, { queue: ECHO, data: { text: 'after' } }))
    while (
      !(await enqueue().then(
        () => true,
        () => false,
      ))
    )
      await Bun.sleep(20)
    while (ticks <= before + 1 || !echoes.includes('after')) await Bun.sleep(10)
    await jobs.stop()
    await engine.close()
    expect(faults.length).toBeGreaterThan(0)
  })

  test('the schema of pg-boss is the one that decisions/0008 speaks of: read it before you raise this number', async () => {
    expect(await import('pg-boss/package.json')).toMatchObject({ pgboss: { schema: 46 } })
  })
})
