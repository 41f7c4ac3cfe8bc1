import type { Digest, Reference, RepositoryName } from '../../oci/index.ts'
import { type Recording, recordedWrite } from './audit/recorded-write.ts'
import type { Engine, Queries } from './engine.ts'
import { isInProject } from './in-project.ts'
import { isManifest } from './is-manifest.ts'
import type { Lock, LockKind } from './protection.ts'
import { repositoryId } from './repositories.ts'

export interface LockOfRepository extends Lock {
  readonly repository: RepositoryName
}

/** What is locked: an image, or, without a reference, the repository as a whole. */
export interface LockTarget {
  readonly repository: RepositoryName
  readonly reference: Reference | undefined
}

export type Locked =
  | { readonly outcome: 'unknown' }
  | {
      readonly outcome: 'done'
      /** What the reference led to. */
      readonly digest: Digest | undefined
      /** Of these kinds, now or, taken away, before. */
      readonly locks: readonly LockOfRepository[]
    }

export interface Locks {
  /** By repository, digest and kind; the repositories' own first. */
  list(page: {
    readonly project: string | undefined
    readonly after: { readonly repository: string; readonly digest: string; readonly kind: string } | undefined
    readonly limit: number
  }): Promise<readonly LockOfRepository[]>
  /** One that is there already gets the new reason; durable. */
  add(
    lock: LockTarget & { kinds: readonly LockKind[]; reason: string; by: string; now: number },
    record?: Recording<Locked>,
  ): Promise<Locked>
  /** Gives those that were there; durable. */
  remove(lock: LockTarget & { kinds: readonly LockKind[] }, record?: Recording<Locked>): Promise<Locked>
}

export function createLocks(engine: Engine): Locks {
  return {
    list: page => listLocks(engine.db, page),
    add: (lock, record) => recordedWrite(engine, record, queries => addLock(queries, lock)),
    remove: (lock, record) => recordedWrite(engine, record, queries => removeLock(queries, lock)),
  }
}

async function addLock(
  queries: Queries,
  { repository, reference, kinds, reason, by, now }: Parameters<Locks['add']>[0],
): Promise<Locked> {
  const id = await repositoryId(queries, repository)
  if (id === undefined) return { outcome: 'unknown' }
  const digest = reference && (await digestOf(queries, id, reference))
  if (reference && !(digest && (await isManifest(queries, id, digest)))) return { outcome: 'unknown' }
  const locked = { reason, locked_by: by, locked_at: now }
  await queries
    .insertInto('locks')
    .values(kinds.map(kind => ({ repository_id: id, digest: digest ?? '', kind, ...locked })))
    .onConflict(conflict => conflict.columns(['repository_id', 'digest', 'kind']).doUpdateSet(locked))
    .execute()
  return { outcome: 'done', digest, locks: kinds.map(kind => ({ repository, digest, kind, reason, by, at: now })) }
}

async function removeLock(
  queries: Queries,
  { repository, reference, kinds }: Parameters<Locks['remove']>[0],
): Promise<Locked> {
  const id = await repositoryId(queries, repository)
  if (id === undefined) return { outcome: 'unknown' }
  const digest = reference && (await digestOf(queries, id, reference))
  if (reference && !digest) return { outcome: 'unknown' }
  const rows = await queries
    .deleteFrom('locks')
    .where('repository_id', '=', id)
    .where('digest', '=', digest ?? '')
    .where('kind', 'in', kinds)
    .returning(['kind', 'reason', 'locked_by as by', 'locked_at as at'])
    .execute()
  return { outcome: 'done', digest, locks: rows.map(row => ({ ...row, repository, digest })) }
}

async function digestOf(queries: Queries, id: number, reference: Reference): Promise<Digest | undefined> {
  if ('digest' in reference) return reference.digest
  const tag = await queries
    .selectFrom('tags')
    .select('digest')
    .where('repository_id', '=', id)
    .where('name', '=', reference.tag)
    .executeTakeFirst()
  return tag?.digest
}

async function listLocks(
  queries: Queries,
  { project, after, limit }: Parameters<Locks['list']>[0],
): Promise<readonly LockOfRepository[]> {
  const rows = await queries
    .selectFrom('locks')
    .innerJoin('repositories', 'repositories.id', 'locks.repository_id')
    .select([
      'repositories.name as repository',
      'locks.digest',
      'locks.kind',
      'locks.reason',
      'locks.locked_by as by',
      'locks.locked_at as at',
    ])
    .$if(project !== undefined, query => query.where(where => isInProject(where, project as string)))
    .$if(after !== undefined, query =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple('repositories.name', 'locks.digest', 'locks.kind'),
          '>',
          tuple(after?.repository as RepositoryName, after?.digest as Digest, after?.kind as LockKind),
        ),
      ),
    )
    .orderBy('repositories.name')
    .orderBy('locks.digest')
    .orderBy('locks.kind')
    .limit(limit)
    .execute()
  return rows.map(row => ({ ...row, digest: row.digest === '' ? undefined : row.digest }))
}
