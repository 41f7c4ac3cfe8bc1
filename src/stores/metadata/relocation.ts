import { sql } from 'kysely'
import type { Engine, Queries } from './engine.ts'
import { allowChanges, isPostgres, refuseChanges } from './refuse-changes.ts'
import type { RelocationState } from './schema.ts'
import { assignProjects } from './usage/assign-projects.ts'

export interface RelocationRecord {
  /** Of this registry; made when it is first moved or received. */
  readonly id: string
  readonly state: RelocationState
  /** The registry it was moved to, or what is copied into it. */
  readonly peer?: string
  /** Where it was moved to, for people. */
  readonly place?: string
}

/** The way of a registry to another place; every change is durable. */
export interface Relocation {
  find(): Promise<RelocationRecord | undefined>
  /** Gives the registry its id, or tells the one it has. */
  identify(): Promise<string>
  /**
   * Makes this the place that `peer` is copied into: an empty registry, one that `peer` was being copied into already,
   * or the one that was moved to `peer`. Gives its id; undefined when it is none of these.
   */
  receive(peer: string): Promise<string | undefined>
  /** All is copied: from here on it serves. */
  complete(now: number): Promise<void>
  /** From here on every change is refused with Moved. */
  close(registry: { state: 'moving' | 'moved'; peer: string; place: string; message: string }): Promise<void>
  /** Changes are taken again. */
  reopen(): Promise<void>
}

export function createRelocation(engine: Engine): Relocation {
  return {
    find: () => find(engine.db),
    identify: () =>
      engine.write(async queries => {
        const id = (await find(queries))?.id ?? crypto.randomUUID()
        await queries
          .insertInto('relocation')
          .values({ one: 1, id, state: 'here', peer: null, place: null })
          .onConflict(conflict => conflict.column('one').doNothing())
          .execute()
        return id
      }),
    receive: peer => engine.write(queries => receive(queries, peer)),
    complete: now =>
      engine.write(async queries => {
        await setSequences(queries)
        await allowChanges(queries)
        // An older backup does not say which projects there are.
        await assignProjects(queries, now)
        await queries.updateTable('relocation').set({ state: 'here', place: null }).execute()
      }),
    close: ({ message, ...record }) =>
      engine.write(async queries => {
        await refuseChanges(queries, message)
        await queries.updateTable('relocation').set(record).execute()
      }),
    reopen: () =>
      engine.write(async queries => {
        await allowChanges(queries)
        await queries.updateTable('relocation').set({ state: 'here', peer: null, place: null }).execute()
      }),
  }
}

async function find(queries: Queries): Promise<RelocationRecord | undefined> {
  const row = await queries.selectFrom('relocation').select(['id', 'state', 'peer', 'place']).executeTakeFirst()
  if (!row) return undefined
  const { peer, place, ...rest } = row
  return { ...rest, ...(peer === null ? {} : { peer }), ...(place === null ? {} : { place }) }
}

async function receive(queries: Queries, peer: string): Promise<string | undefined> {
  const record = await find(queries)
  const isPeers = record?.peer === peer && (record.state === 'receiving' || record.state === 'moved')
  if (!isPeers && (record?.state === 'receiving' || !(await isEmpty(queries)))) return undefined
  const id = record?.id ?? crypto.randomUUID()
  const state = { id, state: 'receiving' as const, peer, place: null }
  await queries
    .insertInto('relocation')
    .values({ one: 1, ...state })
    .onConflict(conflict => conflict.column('one').doUpdateSet(state))
    .execute()
  // Servers may run on the database meanwhile. A data folder is kept from them by its lock.
  if (isPostgres(queries)) await refuseChanges(queries, 'A registry is being copied to this place; try again later.')
  else await allowChanges(queries)
  return id
}

async function isEmpty(queries: Queries): Promise<boolean> {
  const repository = await queries.selectFrom('repositories').select('id').limit(1).executeTakeFirst()
  const blob = await queries.selectFrom('blobs').select('digest').limit(1).executeTakeFirst()
  return repository === undefined && blob === undefined
}

/** Ids were given, so PostgreSQL's counters know nothing of them; SQLite's follow by themselves. */
async function setSequences(queries: Queries): Promise<void> {
  if (!isPostgres(queries)) return
  for (const table of [
    'repositories',
    'manifests',
    'users',
    'groups',
    'projects',
    'grants',
    'robots',
    'audit_inbox',
    'tag_history',
  ]) {
    await sql`select setval(pg_get_serial_sequence(${table}, 'id'), (select coalesce(max(id), 0) + 1 from ${sql.table(table)}), false)`.execute(
      queries,
    )
  }
}
