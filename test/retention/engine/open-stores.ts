import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OpenedMetadata, openPostgresMetadata, openSqliteMetadata } from '../../../src/stores/metadata/index.ts'
import { databaseSettings, onPostgres } from '../../support/database.ts'

export type Stores = OpenedMetadata & AsyncDisposable

/** The registry's own stores, on the engine of this run. */
export async function openStores(): Promise<Stores> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-retention-'))
  const { BERTH_DATABASE_URL: url } = await databaseSettings(folder)
  const opened =
    onPostgres && url !== undefined
      ? await openPostgresMetadata({ url, maxConnections: 5, connectTimeoutSeconds: 5, statementTimeoutSeconds: 60 })
      : await openSqliteMetadata(join(folder, 'berth.db'))
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await opened.metadata.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
