import type { Digest, RepositoryName } from '../../oci/index.ts'
import { type Recording, recordedWrite } from './audit/recorded-write.ts'
import { manifestNaming, nominate, withdraw } from './candidates.ts'
import type { Engine, Queries } from './engine.ts'
import { ensurePlace, idOf, type RepositoryPlace, repositoryId } from './repositories.ts'
import { areBytesHeldByTrash } from './trash/holds.ts'
import { withinQuotas } from './usage/within-quotas.ts'

export interface StoredBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly storageKey: string
}

export interface LinkedBlob extends StoredBlob {
  /** Since when nothing in the repository is known to refer to it; absent when something does. */
  readonly candidateSince?: number
}

export type Unlinked =
  | { readonly outcome: 'unlinked' | 'unknown' }
  | { readonly outcome: 'referenced'; readonly by: Digest }

export interface BlobLinks {
  /** The one answer to "does this blob exist here?": linked to the repository, and its bytes are stored undamaged. */
  find(repository: RepositoryName, digest: Digest): Promise<LinkedBlob | undefined>
  /**
   * Makes a blob that `from` has (or, without `from`, any repository) visible in `repository`; durable.
   * Gives undefined, and changes nothing, when there is no such blob. @throws OverQuota.
   */
  mount(blob: {
    repository: RepositoryName
    digest: Digest
    from?: RepositoryName
    now: number
  }): Promise<StoredBlob | undefined>
  /** Takes the blob out of the repository, unless a manifest there needs it; durable. */
  unlink(
    blob: { repository: RepositoryName; digest: Digest; now: number },
    record?: Recording<Unlinked>,
  ): Promise<Unlinked>
  /**
   * Begins the grace period of an unreferenced blob anew, because a client is told that it exists. False when there
   * is no grace period to renew: it was collected, or is referenced by now.
   */
  touch(blob: { repository: RepositoryName; digest: Digest; now: number }): Promise<boolean>
}

export function createBlobLinks(engine: Engine): BlobLinks {
  const find = engine.prepare<
    { repository: RepositoryName; digest: Digest },
    { size_bytes: number; storage_key: string; since: number | null }
  >(
    (db, parameter) =>
      db
        .selectFrom('blobs')
        .select(['size_bytes', 'storage_key'])
        .select(({ selectFrom }) =>
          selectFrom('collection_candidates')
            .select('since')
            .where('repository_id', '=', idOf(db, parameter('repository')))
            .where('digest', '=', parameter('digest'))
            .where('kind', '=', 'blob')
            .as('since'),
        )
        .where('digest', '=', ({ selectFrom }) =>
          selectFrom('repository_blobs')
            .select('digest')
            .where('repository_id', '=', idOf(db, parameter('repository')))
            .where('digest', '=', parameter('digest')),
        )
        .where('state', '=', 'stored'),
    { hot: true },
  )
  return {
    async find(repository, digest) {
      const row = (await find({ repository, digest }))[0]
      if (!row) return undefined
      const blob = { digest, sizeBytes: row.size_bytes, storageKey: row.storage_key }
      return row.since === null ? blob : { ...blob, candidateSince: row.since }
    },
    mount: blob =>
      engine.write(
        async queries =>
          (await withinQuotas(queries, { change: blob, repository: blob.repository }, () => mountBlob(queries, blob)))
            .result,
      ),
    unlink: (blob, record) => recordedWrite(engine, record, queries => unlinkBlob(queries, blob)),
    touch: ({ repository, digest, now }) =>
      engine.write(
        async queries => {
          const id = await repositoryId(queries, repository)
          if (id === undefined) return false
          const { numUpdatedRows } = await queries
            .updateTable('collection_candidates')
            .set({ since: now })
            .where('repository_id', '=', id)
            .where('digest', '=', digest)
            .where('kind', '=', 'blob')
            .executeTakeFirst()
          return numUpdatedRows > 0n
        },
        { durable: false },
      ),
  }
}

async function mountBlob(
  queries: Queries,
  { repository, digest, from, now }: Parameters<BlobLinks['mount']>[0],
): Promise<StoredBlob | undefined> {
  const source = await queries
    .selectFrom('blobs')
    .innerJoin('repository_blobs', 'repository_blobs.digest', 'blobs.digest')
    .innerJoin('repositories', 'repositories.id', 'repository_blobs.repository_id')
    .select(['blobs.size_bytes', 'blobs.storage_key'])
    .where('blobs.digest', '=', digest)
    .where('blobs.state', '=', 'stored')
    .$if(from !== undefined, query => query.where('repositories.name', '=', from as RepositoryName))
    .limit(1)
    .executeTakeFirst()
  if (!source) return undefined
  await linkBlob(queries, { place: await ensurePlace(queries, repository, now), digest, now })
  return { digest, sizeBytes: source.size_bytes, storageKey: source.storage_key }
}

/** Unreferenced until a manifest names it, so garbage collection is asked to look, unless one already does. */
export async function linkBlob(
  queries: Queries,
  { place, digest, now }: { place: RepositoryPlace; digest: Digest; now: number },
): Promise<void> {
  const { id: repositoryId, projectId } = place
  await queries
    .insertInto('repository_blobs')
    .values({ repository_id: repositoryId, digest, linked_at: now, project_id: projectId })
    .onConflict(conflict => conflict.columns(['repository_id', 'digest']).doNothing())
    .execute()
  const candidate = { repositoryId, digest, kind: 'blob' as const }
  if (!(await manifestNaming(queries, candidate))) await nominate(queries, candidate, now)
}

async function unlinkBlob(
  queries: Queries,
  { repository, digest, now }: Parameters<BlobLinks['unlink']>[0],
): Promise<Unlinked> {
  const id = await repositoryId(queries, repository)
  if (id === undefined) return { outcome: 'unknown' }
  const by = await manifestNaming(queries, { repositoryId: id, digest, kind: 'blob' })
  if (by) return { outcome: 'referenced', by }
  return (await dropLink(queries, { repositoryId: id, digest, now })) ? { outcome: 'unlinked' } : { outcome: 'unknown' }
}

/** Removes the link and, with the last one, condemns the stored object. False when there was no such link. */
export async function dropLink(
  queries: Queries,
  { repositoryId, digest, now }: { repositoryId: number; digest: Digest; now: number },
): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom('repository_blobs')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .executeTakeFirst()
  await withdraw(queries, { repositoryId, digest, kind: 'blob' })
  if (numDeletedRows === 0n) return false
  await condemnUnneeded(queries, { digest, now })
  return true
}

/** Condemns the stored object unless a repository has it, or the trash of one needs it. */
export async function condemnUnneeded(
  queries: Queries,
  { digest, now }: { readonly digest: Digest; readonly now: number },
): Promise<void> {
  const other = await queries
    .selectFrom('repository_blobs')
    .select('digest')
    .where('digest', '=', digest)
    .limit(1)
    .executeTakeFirst()
  if (other || (await areBytesHeldByTrash(queries, digest))) return
  const blob = await queries
    .deleteFrom('blobs')
    .where('digest', '=', digest)
    .returning(['storage_key', 'size_bytes', 'state'])
    .executeTakeFirst()
  // What verification put into quarantine is kept there: it is somebody's evidence.
  if (blob?.state === 'stored') {
    await queries
      .insertInto('condemned_objects')
      .values({
        storage_key: blob.storage_key,
        digest,
        size_bytes: blob.size_bytes,
        condemned_at: now,
        reason: 'unreferenced',
      })
      .execute()
  }
}
