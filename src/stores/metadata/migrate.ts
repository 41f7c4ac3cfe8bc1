import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { MIGRATIONS } from './migrations/index.ts'
import type { Schema } from './schema.ts'

export interface MigrationReport {
  /** The newest version that was there before; undefined for a new database. */
  readonly from: string | undefined
  readonly to: string
  readonly applied: readonly string[]
}

/** The schema cannot be used or brought up to date; the message says why and what to do. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
}

/** Oldest first. */
export const SCHEMA_VERSIONS: readonly string[] = Object.keys(MIGRATIONS)

/**
 * Brings the schema to the newest version, or to `target`, in one go and one transaction; forwards only.
 * @param takeSnapshot called before an existing database is changed.
 * @throws SchemaError when the database is of a newer Berth, or a step fails; then it is as it was.
 */
export async function migrate(
  db: Kysely<unknown>,
  takeSnapshot: (from: string) => Promise<void>,
  target: string = SCHEMA_VERSIONS.at(-1) as string,
): Promise<MigrationReport> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } })
  const done = await appliedVersions(db)
  const unknown = done.filter(version => !(version in MIGRATIONS))
  if (unknown.length > 0) {
    const to = unknown.at(-1) as string
    // Replicas of two versions serve side by side while the newer one is rolled out.
    const oldest = await oldestServing(db)
    if (oldest !== undefined && oldest <= target) return { from: to, to, applied: [] }
    throw new SchemaError(
      `The database has schema version ${unknown.at(-1)}, which this Berth does not know: start the newer Berth that wrote it, or restore the snapshot that was taken before the upgrade (docs/upgrades.md).`,
    )
  }
  const from = done.at(-1)
  if (from === target) return { from, to: target, applied: [] }
  if (from !== undefined) await takeSnapshot(from)
  const { error, results = [] } = await migrator.migrateTo(target)
  if (error) {
    const failed = results.find(result => result.status === 'Error')?.migrationName ?? 'the migration'
    throw new SchemaError(`Schema step ${failed} failed and was undone: ${messageOf(error)}`, { cause: error })
  }
  if (target >= COMPATIBLE_SINCE) await declareCompatible(db)
  return { from, to: target, applied: results.map(result => result.migrationName) }
}

/**
 * The oldest schema whose Berth can serve the newest: steps since then only add what an older one need not know. A
 * step that takes something away or changes its meaning moves this up, in a release of its own (docs/upgrades.md).
 */
const COMPATIBLE_SINCE = '0004-replicas'

type Compatible = Kysely<Pick<Schema, 'compatibility'>>

async function oldestServing(db: Kysely<unknown>): Promise<string | undefined> {
  if (!(await hasTable(db, 'compatibility'))) return undefined
  const row = await (db as Compatible).selectFrom('compatibility').select('oldest').executeTakeFirst()
  return row?.oldest
}

async function declareCompatible(db: Kysely<unknown>): Promise<void> {
  await (db as Compatible)
    .insertInto('compatibility')
    .values({ one: 1, oldest: COMPATIBLE_SINCE })
    .onConflict(conflict => conflict.column('one').doUpdateSet({ oldest: COMPATIBLE_SINCE }))
    .execute()
}

async function appliedVersions(db: Kysely<unknown>): Promise<readonly string[]> {
  if (!(await hasTable(db, 'kysely_migration'))) return []
  const rows = await (db as Kysely<{ kysely_migration: { name: string } }>)
    .selectFrom('kysely_migration')
    .select('name')
    .orderBy('name')
    .execute()
  return rows.map(row => row.name)
}

async function hasTable(db: Kysely<unknown>, name: string): Promise<boolean> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  return tables.some(table => table.name === name)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
