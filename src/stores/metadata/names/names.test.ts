import { afterAll, beforeAll } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Postgres, postgresBinaries, startPostgres } from '../../../../test/support/start-postgres.ts'
import { describeWithTools } from '../../../../test/tools/find-tools.ts'
import { migratePostgres } from '../postgres/open.ts'
import { openPostgresEngine } from '../postgres/postgres-engine.ts'
import { migrateSqlite } from '../sqlite/open.ts'
import { openSqliteEngine } from '../sqlite/sqlite-engine.ts'
import { namesContract } from './names.contract.ts'

namesContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-names-'))
  const file = join(folder, 'berth.db')
  await migrateSqlite(file)
  const engine = openSqliteEngine(file)
  return {
    engine,
    another: async () => openSqliteEngine(file),
    async [Symbol.asyncDispose]() {
      await engine.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
})

const need = { name: 'PostgreSQL', isThere: () => postgresBinaries() !== undefined }

describeWithTools('postgres', 'PostgreSQL', [need], () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  namesContract('PostgreSQL', async () => {
    const url = await server.createDatabase()
    const settings = { url, maxConnections: 10, connectTimeoutSeconds: 5, statementTimeoutSeconds: 30 }
    await migratePostgres(settings)
    const engine = openPostgresEngine(settings)
    return {
      engine,
      another: async () => openPostgresEngine(settings),
      [Symbol.asyncDispose]: () => engine.close(),
    }
  })
})
