import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrateSqlite } from '../../metadata/sqlite/open.ts'
import { openSqliteEngine } from '../../metadata/sqlite/sqlite-engine.ts'
import { jobsContract } from '../jobs.contract.ts'
import { createJobRows } from './job-rows.ts'
import { openSqliteJobs } from './open.ts'

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'berth-jobs-'))
  const file = join(path, 'berth.db')
  await migrateSqlite(file)
  return { place: { file }, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

jobsContract('SQLite', folder)

test('the only process there is does not wait for the lease of its predecessor', async () => {
  await using opened = await folder()
  const engine = openSqliteEngine(opened.place.file)
  await engine.write(async queries => {
    const gone = { holder: 'gone', lease_until: Date.now() + 3_600_000 }
    await queries
      .insertInto('recurring_jobs')
      .values({ name: 'tick', ended_at: 0, ...gone })
      .execute()
  })
  const jobs = openSqliteJobs(engine, { alone: true })
  await jobs.start({ settled: () => undefined, fault: () => undefined })
  await new Promise<void>(resolve => jobs.repeat('tick', 1, async () => resolve()))
  await jobs.stop()
  await engine.close()
})

test('only who holds a job renews it, puts it back or ends it', async () => {
  await using opened = await folder()
  const engine = openSqliteEngine(opened.place.file)
  const rows = createJobRows(engine)
  await engine.write(queries => rows.add(queries, { name: 'x', data: '{}', runAt: 0 }))
  const taken = await rows.take('x', 'me', 60_000, false)
  const id = taken?.id ?? 0
  expect(await rows.take('x', 'you', 60_000, false)).toBeUndefined()
  expect(await rows.renew(id, 'you', 60_000)).toBe(false)
  await rows.complete(id, 'you')
  await rows.giveUp(id, 'you', 'because')
  await rows.putBack(id, 'you', 0, 'because')
  expect(await rows.renew(id, 'me', 60_000)).toBe(true)
  await rows.putBack(id, 'me', 0, 'because')
  expect(await rows.take('x', 'you', 60_000, false)).toMatchObject({ id, attempt: 2 })
  await engine.close()
})

test('what is finished is forgotten, what is not is kept', async () => {
  await using opened = await folder()
  const engine = openSqliteEngine(opened.place.file)
  const rows = createJobRows(engine)
  for (const data of ['1', '2', '3']) await engine.write(queries => rows.add(queries, { name: 'x', data, runAt: 0 }))
  const [done, given] = [await rows.take('x', 'me', 1000, false), await rows.take('x', 'me', 1000, false)]
  await rows.complete(done?.id ?? 0, 'me')
  await rows.giveUp(given?.id ?? 0, 'me', 'because')
  const states = async () => (await engine.db.selectFrom('jobs').select('state').execute()).map(row => row.state)
  await rows.forgetFinished(Date.now() - 60_000)
  expect(await states()).toEqual(['completed', 'failed', 'waiting'])
  await rows.forgetFinished(Date.now() + 60_000)
  expect(await states()).toEqual(['waiting'])
  await engine.close()
})
