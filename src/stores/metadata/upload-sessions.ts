import type { Digest, DigestAlgorithm, RepositoryName } from '../../oci/index.ts'
import { linkBlob } from './blob-links.ts'
import type { Engine, Queries } from './engine.ts'
import type { CondemnedObject } from './leavings.ts'
import { requireFreeName } from './names/redirects.ts'
import { ensurePlace } from './repositories.ts'
import { withinQuotas } from './usage/within-quotas.ts'

export interface UploadSession {
  readonly id: string
  readonly repository: RepositoryName
  readonly principal: string
  readonly algorithm: DigestAlgorithm
}

export interface FoundSession extends UploadSession {
  /** A request began to finish it and is no more. */
  readonly brokenOff: boolean
}

export interface UploadSessions {
  /** @throws RepositoryRenamed where the name is kept for another repository. */
  start(session: UploadSession & { readonly now: number }): Promise<void>
  find(id: string): Promise<FoundSession | undefined>
  /**
   * Takes the session for one request that writes to it, or says that another has it. `digest` is kept, so that the
   * object it will be stored as can be found again when the process dies before it is recorded.
   * @param session.until when the claim ends if it is not renewed; absent: with the server that made it.
   */
  claim(session: { id: string; claim: string; digest?: Digest; now: number; until?: number }): Promise<Claimed>
  /** False when the claim is no longer the caller's. */
  renew(session: { id: string; claim: string; until: number }): Promise<boolean>
  /** @param session.hashed what the next request need not hash again. */
  release(session: { id: string; claim: string; now: number; hashed?: HashedPrefix }): Promise<void>
  /** Forgets the session; its bytes are the caller's to remove. */
  remove(id: string): Promise<void>
}

export type Claimed =
  | { readonly outcome: 'busy' }
  | { readonly outcome: 'unknown' }
  /** `unfinished`: a request broke off while it finished the upload as this digest; its object may lie in the store. */
  | { readonly outcome: 'claimed'; readonly unfinished?: Digest; readonly hashed?: HashedPrefix }

/** The digest of the first `lengthBytes` bytes of an upload. */
export interface HashedPrefix {
  readonly lengthBytes: number
  readonly digest: Digest
}

export interface FinishedUpload {
  readonly id: string
  readonly claim: string
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly sizeBytes: number
  readonly storageKey: string
  /** Objects that the upload needed on its way; condemned. */
  readonly leftovers: readonly { readonly storageKey: string; readonly sizeBytes: number }[]
  readonly now: number
}

/** How an upload becomes a blob of its repository. Both ways @throws OverQuota. */
export interface UploadCompletion {
  /** Is the blob stored already, whichever repository has it? Then the bytes just received are not needed. */
  isStored(digest: Digest): Promise<boolean>
  /** Links the blob that is stored already; false when it no longer is; durable. */
  linkStored(blob: Pick<FinishedUpload, 'repository' | 'digest' | 'now'>): Promise<boolean>
  /**
   * Records the stored object, links it and ends the session, in one; durable. When another upload was faster, its
   * object stays and this one is condemned. False, and nothing changed, when the claim is no longer the caller's.
   */
  record(upload: FinishedUpload): Promise<boolean>
}

/** Claims without an end do not outlive the process that made them; a server releases what its predecessor left. */
export interface UploadClaims {
  /** @param owner the prefix of the claims to release; all when absent. */
  releaseAll(owner?: string): Promise<void>
}

const FRESH = {
  digest: null,
  claim: null,
  claimed_until: null,
  progress: null,
  hashed_bytes: null,
  hashed_digest: null,
}

export function createUploadSessions(engine: Engine): UploadSessions & UploadCompletion & UploadClaims {
  type Row = UploadSession & { readonly digest: Digest | null; readonly claim: string | null }
  const find = engine.prepare<{ id: string }, Row>((db, parameter) =>
    db
      .selectFrom('uploads')
      .select(['id', 'repository', 'principal', 'algorithm', 'digest', 'claim'])
      .where('id', '=', parameter('id')),
  )
  const stored = engine.prepare<{ digest: Digest }, { digest: Digest }>((db, parameter) =>
    db.selectFrom('blobs').select('digest').where('digest', '=', parameter('digest')).where('state', '=', 'stored'),
  )
  const forgettable = { durable: false }
  return {
    start: ({ now, ...session }) =>
      engine.write(async queries => {
        await requireFreeName(queries, session.repository)
        await queries
          .insertInto('uploads')
          .values({ ...session, ...FRESH, started_at: now, updated_at: now })
          .execute()
      }, forgettable),
    async find(id) {
      const row = (await find({ id }))[0]
      if (!row) return undefined
      const { digest, claim, ...session } = row
      return { ...session, brokenOff: digest !== null && claim === null }
    },
    claim: session => engine.write(queries => claimUpload(queries, session), forgettable),
    renew: ({ id, claim, until }) =>
      engine.write(async queries => {
        const { numUpdatedRows } = await queries
          .updateTable('uploads')
          .set({ claimed_until: until })
          .where('id', '=', id)
          .where('claim', '=', claim)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }, forgettable),
    release: ({ id, claim, now, hashed }) =>
      engine.write(async queries => {
        await queries
          .updateTable('uploads')
          .set({
            claim: null,
            claimed_until: null,
            updated_at: now,
            ...(hashed ? { hashed_bytes: hashed.lengthBytes, hashed_digest: hashed.digest } : {}),
          })
          .where('id', '=', id)
          .where('claim', '=', claim)
          .execute()
      }, forgettable),
    remove: id =>
      engine.write(async queries => {
        await queries.deleteFrom('uploads').where('id', '=', id).execute()
      }, forgettable),
    isStored: async digest => (await stored({ digest })).length > 0,
    linkStored: upload =>
      engine.write(
        async queries =>
          (
            await withinQuotas(queries, { change: upload, repository: upload.repository }, () =>
              linkStored(queries, upload),
            )
          ).result,
      ),
    record: upload =>
      engine.write(
        async queries =>
          (
            await withinQuotas(queries, { change: upload, repository: upload.repository }, () =>
              recordUpload(queries, upload),
            )
          ).result,
      ),
    releaseAll: owner =>
      engine.write(async queries => {
        await queries
          .updateTable('uploads')
          .set({ claim: null, claimed_until: null })
          .where('claim', 'is not', null)
          .$if(owner !== undefined, query => query.where('claim', 'like', `${owner}%`))
          .execute()
      }, forgettable),
  }
}

async function claimUpload(
  queries: Queries,
  { id, claim, digest, now, until }: Parameters<UploadSessions['claim']>[0],
): Promise<Claimed> {
  const row = await queries
    .selectFrom('uploads')
    .select(['claim', 'claimed_until', 'digest', 'hashed_bytes', 'hashed_digest'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return { outcome: 'unknown' }
  if (row.claim !== null && (row.claimed_until ?? Number.POSITIVE_INFINITY) > now) return { outcome: 'busy' }
  await queries
    .updateTable('uploads')
    .set({ claim, claimed_until: until ?? null, updated_at: now, ...(digest ? { digest } : {}) })
    .where('id', '=', id)
    .execute()
  const { hashed_bytes: lengthBytes, hashed_digest: hashed } = row
  return {
    outcome: 'claimed',
    ...(row.digest === null ? {} : { unfinished: row.digest }),
    ...(lengthBytes === null || hashed === null ? {} : { hashed: { lengthBytes, digest: hashed } }),
  }
}

async function linkStored(queries: Queries, upload: Parameters<UploadCompletion['linkStored']>[0]): Promise<boolean> {
  const { repository, digest, now } = upload
  const blob = await queries
    .selectFrom('blobs')
    .select('digest')
    .where('digest', '=', digest)
    .where('state', '=', 'stored')
    .executeTakeFirst()
  if (!blob) return false
  await linkBlob(queries, { place: await ensurePlace(queries, repository, now), digest, now })
  return true
}

async function recordUpload(queries: Queries, upload: FinishedUpload): Promise<boolean> {
  const { id, claim, repository, digest, sizeBytes, storageKey, now } = upload
  const { numDeletedRows } = await queries
    .deleteFrom('uploads')
    .where('id', '=', id)
    .where('claim', '=', claim)
    .executeTakeFirst()
  if (numDeletedRows === 0n) return false
  for (const leftover of upload.leftovers) await condemn(queries, { ...leftover, digest, now, reason: 'piece' })
  const blob = { digest, size_bytes: sizeBytes, storage_key: storageKey, state: 'stored' as const, created_at: now }
  const existing = await queries.selectFrom('blobs').select('state').where('digest', '=', digest).executeTakeFirst()
  if (!existing) await queries.insertInto('blobs').values(blob).execute()
  // A client pushed again what verification had found damaged: the new object takes the damaged one's place.
  else if (existing.state === 'damaged')
    await queries.updateTable('blobs').set(blob).where('digest', '=', digest).execute()
  else {
    await condemn(queries, { storageKey, digest, sizeBytes, now, reason: 'duplicate' })
  }
  await linkBlob(queries, { place: await ensurePlace(queries, repository, now), digest, now })
  return true
}

async function condemn(
  queries: Queries,
  {
    storageKey,
    digest,
    sizeBytes,
    now,
    reason,
  }: Omit<CondemnedObject, 'condemnedAt'> & { now: number; reason: string },
): Promise<void> {
  await queries
    .insertInto('condemned_objects')
    .values({ storage_key: storageKey, digest, size_bytes: sizeBytes, condemned_at: now, reason })
    .execute()
}
