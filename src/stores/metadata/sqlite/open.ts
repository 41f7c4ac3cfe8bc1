import { Database } from 'bun:sqlite'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely } from 'kysely'
import { createMetadata, type OpenedMetadata } from '../metadata.ts'
import { type MigrationReport, migrate } from '../migrate.ts'
import { bunSqliteDialect } from './dialect.ts'
import { openSqliteEngine } from './sqlite-engine.ts'

/**
 * Opens the metadata of a data folder, at the newest schema version.
 * An existing database of an older version is first copied whole to `<file>.before-<newest version>`.
 */
export async function openSqliteMetadata(file: string): Promise<OpenedMetadata> {
  mkdirSync(dirname(file), { recursive: true })
  const migration = await migrateSqlite(file)
  const engine = openSqliteEngine(file)
  return { engine, metadata: createMetadata(engine), migration }
}

/** @param target a version to stop at; the newest when absent. */
export async function migrateSqlite(file: string, target?: string): Promise<MigrationReport> {
  const database = new Database(file, { create: true, readwrite: true })
  database.run('pragma busy_timeout = 60000')
  database.run('pragma journal_mode = wal')
  database.run('pragma synchronous = full')
  const db = new Kysely<unknown>({ dialect: bunSqliteDialect(database) })
  try {
    return await migrate(db, async from => takeSnapshot(database, `${file}.before-leaving-${from}`), target)
  } finally {
    await db.destroy()
  }
}

/** A whole, consistent copy, taken by SQLite itself. One that is there already is from a try that failed: kept. */
function takeSnapshot(database: Database, file: string): void {
  if (existsSync(file)) return
  database.run('vacuum into ?', [file])
}
