import { Kysely } from 'kysely'
import { PostgresJSDialect } from 'kysely-postgres-js'
import { createMetadata, type OpenedMetadata } from '../metadata.ts'
import { type MigrationReport, migrate } from '../migrate.ts'
import { connect, type PostgresOptions } from './connect.ts'
import { translate } from './faults.ts'
import { openPostgresEngine } from './postgres-engine.ts'

const MIGRATION_TIMEOUT_SECONDS = 24 * 3600

/** Opens the metadata of a database, at the newest schema version. @throws Unavailable, SchemaError. */
export async function openPostgresMetadata(options: PostgresOptions): Promise<OpenedMetadata> {
  const migration = await migratePostgres(options)
  const engine = openPostgresEngine(options)
  return { engine, metadata: createMetadata(engine), migration }
}

/** Is there a registry's metadata in the database already? @throws Unavailable. */
export async function hasPostgresMetadata(options: PostgresOptions): Promise<boolean> {
  const connections = connect({ ...options, maxConnections: 1 })
  try {
    const rows = await connections`select to_regclass('kysely_migration') is not null as found`
    return rows[0]?.found === true
  } catch (error) {
    throw translate(error, false)
  } finally {
    await connections.end({ timeout: 5 })
  }
}

/**
 * Replicas that start at once wait for each other: Kysely takes an advisory lock for as long as it migrates. The way
 * back is the database's own: a dump or a point in time from before (docs/postgresql.md).
 */
export async function migratePostgres(options: PostgresOptions, target?: string): Promise<MigrationReport> {
  const connections = connect({ ...options, maxConnections: 1, statementTimeoutSeconds: MIGRATION_TIMEOUT_SECONDS })
  const db = new Kysely<unknown>({ dialect: new PostgresJSDialect({ postgres: connections }) })
  try {
    return await migrate(db, async () => undefined, target)
  } catch (error) {
    throw translate(error, false)
  } finally {
    await db.destroy()
    await connections.end({ timeout: 5 })
  }
}
