import { afterAll, beforeAll } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Postgres, postgresBinaries, startPostgres } from '../../../test/support/start-postgres.ts'
import { describeWithTools } from '../../../test/tools/find-tools.ts'
import { openPostgresMetadata, openSqliteMetadata } from '../../stores/metadata/index.ts'
import { searchContract } from './search.contract.ts'

searchContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-search-'))
  const { engine } = await openSqliteMetadata(join(folder, 'berth.db'))
  return {
    engine,
    async [Symbol.asyncDispose]() {
      await engine.close()
      await rm(folder, { recursive: true })
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

  searchContract('PostgreSQL', async () => {
    const url = await server.createDatabase()
    const options = { url, maxConnections: 10, connectTimeoutSeconds: 5, statementTimeoutSeconds: 30 }
    const { engine } = await openPostgresMetadata(options)
    return { engine, [Symbol.asyncDispose]: () => engine.close() }
  })
})
