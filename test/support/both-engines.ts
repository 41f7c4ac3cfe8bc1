import { afterAll, beforeAll } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine } from '../../src/stores/metadata/engine.ts'
import { migratePostgres } from '../../src/stores/metadata/postgres/open.ts'
import { openPostgresEngine } from '../../src/stores/metadata/postgres/postgres-engine.ts'
import { migrateSqlite } from '../../src/stores/metadata/sqlite/open.ts'
import { openSqliteEngine } from '../../src/stores/metadata/sqlite/sqlite-engine.ts'
import { describeWithTools } from '../tools/find-tools.ts'
import { type Postgres, postgresBinaries, startPostgres } from './start-postgres.ts'

interface OpenedEngine extends AsyncDisposable {
  readonly engine: Engine
  /** Another one on the same database, as a second process has it. */
  another(): Promise<Engine>
}

/** Holds a contract of table groups on each database, every time on an empty one. */
export function onBothEngines(contract: (name: string, open: () => Promise<OpenedEngine>) => void): void {
  contract('SQLite', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-engine-'))
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

    contract('PostgreSQL', async () => {
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
}
