import { PostgresAdapter, type RawBuilder, sql } from 'kysely'
import { Moved } from '../../platform/outcome/index.ts'
import type { Queries } from './engine.ts'

/** Whatever a client is told about. Sessions that began go on and can end: they hold nothing that counts. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  repositories: ['insert', 'update', 'delete'],
  blobs: ['insert', 'update', 'delete'],
  repository_blobs: ['insert', 'update', 'delete'],
  manifests: ['insert', 'update', 'delete'],
  manifest_references: ['insert', 'update', 'delete'],
  tags: ['insert', 'update', 'delete'],
  collection_candidates: ['insert', 'update', 'delete'],
  condemned_objects: ['insert', 'update', 'delete'],
  trash: ['insert', 'update', 'delete'],
  trash_references: ['insert', 'update', 'delete'],
  image_details: ['insert', 'update', 'delete'],
  labels: ['insert', 'update', 'delete'],
  packages: ['insert', 'update', 'delete'],
  inventories: ['insert', 'update', 'delete'],
  inventory_packages: ['insert', 'update', 'delete'],
  package_findings: ['insert', 'update', 'delete'],
  tag_history: ['insert', 'update', 'delete'],
  redirects: ['insert', 'update', 'delete'],
  project_redirects: ['insert', 'update', 'delete'],
  uploads: ['insert'],
  users: ['insert', 'update', 'delete'],
  groups: ['insert', 'update', 'delete'],
  group_members: ['insert', 'update', 'delete'],
  projects: ['insert', 'update', 'delete'],
  roles: ['insert', 'update', 'delete'],
  grants: ['insert', 'update', 'delete'],
  robots: ['insert', 'update', 'delete'],
  credentials: ['insert', 'update', 'delete'],
  trust_rules: ['insert', 'update', 'delete'],
  signing_keys: ['insert', 'update', 'delete'],
  break_glass: ['insert', 'update', 'delete'],
  vulnerability_policies: ['insert', 'update', 'delete'],
  vulnerability_exceptions: ['insert', 'update', 'delete'],
  vex_documents: ['insert', 'update', 'delete'],
  vex_statements: ['insert', 'update', 'delete'],
  scanners: ['insert', 'update', 'delete'],
  scan_reports: ['insert', 'update', 'delete'],
  scan_report_findings: ['insert', 'update', 'delete'],
  last_pulls: ['insert', 'update', 'delete'],
  retention_policies: ['insert', 'update', 'delete'],
  retention_runs: ['insert', 'update', 'delete'],
  retention_run_items: ['insert', 'update', 'delete'],
  audit_inbox: ['insert', 'update', 'delete'],
  audit_records: ['insert', 'update', 'delete'],
  audit_head: ['insert', 'update', 'delete'],
  audit_checkpoints: ['insert', 'update', 'delete'],
  audit_sinks: ['insert', 'update', 'delete'],
  quotas: ['insert', 'update', 'delete'],
  usage_history: ['insert', 'update', 'delete'],
}
const MARK = 'BERTH-MOVED: '

/**
 * Lets the database itself refuse changes, with `message`, whoever asks: triggers, so that a registry that is not being
 * moved pays nothing. PostgreSQL's let those connections through that say they bring the registry here.
 */
export async function refuseChanges(queries: Queries, message: string): Promise<void> {
  const postgres = isPostgres(queries)
  // Not first taken away, for which PostgreSQL would lock out those who read.
  if (postgres) await refusal(message).execute(queries)
  else await allowChanges(queries)
  for (const [table, changes] of Object.entries(REFUSED)) {
    for (const statement of postgres
      ? [onPostgres(table, changes)]
      : changes.map(each => onSqlite(table, each, message)))
      await statement.execute(queries)
  }
}

export async function allowChanges(queries: Queries): Promise<void> {
  for (const [table, changes] of Object.entries(REFUSED)) {
    if (isPostgres(queries)) await sql`drop trigger if exists berth_moved on ${sql.table(table)}`.execute(queries)
    else for (const change of changes) await sql`drop trigger if exists ${triggerOf(table, change)}`.execute(queries)
  }
}

export function isPostgres(queries: Queries): boolean {
  return queries.getExecutor().adapter instanceof PostgresAdapter
}

/** Undefined for an error that is none of SQLite's triggers. */
export function refusalOf(error: unknown): Moved | undefined {
  if (!(error instanceof Error && error.message.startsWith(MARK))) return undefined
  return new Moved(error.message.slice(MARK.length), { cause: error })
}

function triggerOf(table: string, change: string): RawBuilder<unknown> {
  return sql.ref(`berth_moved_${table}_${change}`)
}

function onSqlite(table: string, change: string, message: string): RawBuilder<unknown> {
  return sql`create trigger ${triggerOf(table, change)} before ${sql.raw(change)} on ${sql.table(table)}
    begin select raise(abort, ${sql.lit(MARK + message)}); end`
}

function onPostgres(table: string, changes: readonly string[]): RawBuilder<unknown> {
  return sql`create or replace trigger berth_moved before ${sql.raw(changes.join(' or '))} on ${sql.table(table)}
    for each statement execute function berth_moved()`
}

function refusal(message: string): RawBuilder<unknown> {
  return sql`create or replace function berth_moved() returns trigger language plpgsql as ${sql.lit(`begin
    if coalesce(current_setting('berth.receiving', true), '') = 'on' then return null; end if;
    raise exception using errcode = 'BERTH', message = ${quoted(message)};
  end`)}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
