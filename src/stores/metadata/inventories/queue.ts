import type { Digest, RepositoryName } from '../../../oci/index.ts'
import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import type { InventoryState } from '../schema-inventories.ts'
import { awaitInventory } from './await-inventory.ts'

/** An image whose turn it is. */
export interface DueImage {
  /** Of its inventory. */
  readonly id: number
  readonly digest: Digest
  /** When it was asked for. */
  readonly dueAt: number
  /** This one counted. */
  readonly attempts: number
  readonly state: InventoryState
  /** One of those that have it, and the manifest there; undefined when none has it any more. */
  readonly place:
    | { readonly repository: RepositoryName; readonly mediaType: string; readonly bytes: Uint8Array }
    | undefined
}

/** How it went that an image was not read. */
export interface NotRead {
  readonly id: number
  /** As it was taken: what was asked for since stands. */
  readonly dueAt: number
  /** What it is from now on; undefined leaves it. */
  readonly state?: InventoryState
  readonly reason: string
  /** Undefined: not again by itself. */
  readonly againAt?: number | undefined
}

/** Images that are to be read, in the order in which they came. */
export interface InventoryQueue {
  /** The next one but these, marked as begun; undefined when there is none. Not durable. */
  take(now: number, except: readonly number[]): Promise<DueImage | undefined>
  progress(id: number, readBytes: number, totalBytes: number): Promise<void>
  notRead(outcome: NotRead, record?: Recording<boolean>): Promise<boolean>
  /** Puts it first in line. False when there is no such manifest. Durable. */
  ask(repository: RepositoryName, digest: Digest, record?: Recording<boolean>): Promise<boolean>
  waiting(): Promise<number>
}

export function createInventoryQueue(engine: Engine): InventoryQueue {
  return {
    // Most looks find nothing, and cost no transaction.
    take: async (now, except) =>
      (await first(engine.db, now, except)) && engine.write(queries => take(queries, now, except), { durable: false }),
    progress: (id, read_bytes, total_bytes) =>
      engine.write(
        async queries => {
          await queries.updateTable('inventories').set({ read_bytes, total_bytes }).where('id', '=', id).execute()
        },
        { durable: false },
      ),
    notRead: (outcome, record) => recordedWrite(engine, record, queries => notRead(queries, outcome)),
    ask: (repository, digest, record) => recordedWrite(engine, record, queries => ask(queries, repository, digest)),
    async waiting() {
      const row = await engine.db
        .selectFrom('inventories')
        .select(({ fn }) => fn.countAll().as('count'))
        .where('due_at', 'is not', null)
        .executeTakeFirst()
      return Number(row?.count ?? 0)
    },
  }
}

function first(queries: Queries, now: number, except: readonly number[]) {
  return queries
    .selectFrom('inventories')
    .select(['id', 'digest', 'due_at', 'attempts', 'state'])
    .where('due_at', '<=', now)
    .$if(except.length > 0, query => query.where('id', 'not in', [...except]))
    .orderBy('due_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
}

async function take(queries: Queries, now: number, except: readonly number[]): Promise<DueImage | undefined> {
  const row = await first(queries, now, except)
  if (!row) return undefined
  const attempts = row.attempts + 1
  await queries
    .updateTable('inventories')
    .set({ attempts, started_at: now, read_bytes: 0, total_bytes: null })
    .where('id', '=', row.id)
    .execute()
  const place = await queries
    .selectFrom('manifests')
    .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
    .select(['repositories.name as repository', 'manifests.media_type as mediaType', 'manifests.bytes'])
    .where('manifests.digest', '=', row.digest)
    .where('manifests.state', '=', 'stored')
    .orderBy('manifests.id')
    .limit(1)
    .executeTakeFirst()
  return { id: row.id, digest: row.digest, dueAt: row.due_at as number, attempts, state: row.state, place }
}

/** Columns of one that nobody reads, and that waits only if it was asked for since it was taken. */
export async function settled(queries: Queries, id: number, dueAt: number, againAt?: number) {
  const row = await queries
    .selectFrom('inventories')
    .select(['due_at', 'attempts'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const idle = { started_at: null, read_bytes: null, total_bytes: null }
  if (row.due_at !== dueAt) return idle
  return { ...idle, due_at: againAt ?? null, attempts: againAt === undefined ? 0 : row.attempts }
}

async function notRead(queries: Queries, { id, dueAt, state, reason, againAt }: NotRead): Promise<boolean> {
  const columns = await settled(queries, id, dueAt, againAt)
  if (!columns) return false
  await queries
    .updateTable('inventories')
    .set({ ...columns, reason, ...(state === undefined ? {} : { state }) })
    .where('id', '=', id)
    .execute()
  return true
}

async function ask(queries: Queries, repository: RepositoryName, digest: Digest): Promise<boolean> {
  const manifest = await queries
    .selectFrom('manifests')
    .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
    .select('manifests.id')
    .where('manifests.digest', '=', digest)
    .where('repositories.name', '=', repository)
    .where('manifests.state', '=', 'stored')
    .executeTakeFirst()
  if (!manifest) return false
  await awaitInventory(queries, digest, 0)
  // One before all who were asked for: nobody waits for those that were pushed.
  const first = await queries
    .selectFrom('inventories')
    .select('due_at')
    .where('due_at', 'is not', null)
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst()
  await queries
    .updateTable('inventories')
    .set({ due_at: Math.min(0, (first?.due_at ?? 0) - 1), attempts: 0 })
    .where('digest', '=', digest)
    .execute()
  return true
}
