import { afterAll, beforeAll, expect, test } from 'bun:test'
import { freePort } from '../../../../test/support/start-berth.ts'
import { postgresBinaries, startPostgres } from '../../../../test/support/start-postgres.ts'
import { startToxiproxy, type Toxiproxy } from '../../../../test/support/start-toxiproxy.ts'
import { describeWithTools, needTool } from '../../../../test/tools/find-tools.ts'
import type { RepositoryName } from '../../../oci/index.ts'
import { OutcomeUnknown, Unavailable } from '../../../platform/outcome/index.ts'
import type { Queries } from '../engine.ts'
import { migratePostgres } from './open.ts'
import { openPostgresEngine } from './postgres-engine.ts'

const NEEDS = [{ name: 'PostgreSQL', isThere: () => postgresBinaries() !== undefined }, needTool('toxiproxy-server')]
const LIMITS = { maxConnections: 2, connectTimeoutSeconds: 1, statementTimeoutSeconds: 1 }
/** Longer than the engine waits with these limits, in steps that are each shorter. */
const STEPS = 18
const STEP_MS = 500

describeWithTools('postgres', 'PostgreSQL that does not answer in time', NEEDS, () => {
  const stack = new AsyncDisposableStack()
  let createUrls: () => Promise<{ readonly direct: string; readonly disturbed: string }>
  let proxy: Toxiproxy
  beforeAll(async () => {
    const port = freePort()
    const server = stack.use(await startPostgres({ port }))
    proxy = stack.use(await startToxiproxy(port))
    createUrls = async () => {
      const direct = await server.createDatabase()
      return { direct, disturbed: `postgres://berth@127.0.0.1:${proxy.port}${new URL(direct).pathname}` }
    }
  })
  afterAll(() => stack.disposeAsync())

  /** Writes one row; gives what became of that, and the rows that are there then. */
  const write = async (goOn: (queries: Queries) => Promise<void>) => {
    const { direct, disturbed } = await createUrls()
    await migratePostgres({ ...LIMITS, url: direct })
    const engine = openPostgresEngine({ ...LIMITS, url: disturbed })
    const row = { name: 'written' as RepositoryName, created_at: 1 }
    const failure = await engine
      .write(async queries => {
        await queries.insertInto('repositories').values(row).execute()
        await goOn(queries)
      })
      .catch((error: unknown) => error)
    await engine.close()
    await proxy.mend()
    const beside = openPostgresEngine({ ...LIMITS, url: direct })
    const rows = await beside.db.selectFrom('repositories').select('name').execute()
    await beside.close()
    return { failure, rows: rows.map(({ name }) => String(name)) }
  }

  test('a commit that is not answered may have happened', async () => {
    const { failure, rows } = await write(() => proxy.add({ type: 'timeout', attributes: { timeout: 0 } }))
    expect(failure).toBeInstanceOf(OutcomeUnknown)
    expect(rows).toEqual(['written'])
  })

  test('what was said to have changed nothing is not committed afterwards', async () => {
    const { failure, rows } = await write(async queries => {
      for (let step = 0; step < STEPS; step += 1) {
        await Bun.sleep(STEP_MS)
        await queries.selectFrom('tags').selectAll().execute()
      }
    })
    expect(failure).toBeInstanceOf(Unavailable)
    expect(rows).toEqual([])
  })
})
