import { type Digest, RegistryError } from '../../../oci/index.ts'
import { TakenOver } from '../../../platform/outcome/index.ts'
import type { FoundSession, HashedPrefix } from '../../../stores/metadata/index.ts'
import { type Permit, repositoryOf } from '../../access/index.ts'
import type { Content } from '../content.ts'

/**
 * The session, if it belongs to this repository and this principal; for anybody else it does not exist
 * (CVE-2026-32589 is what happens otherwise).
 * @throws BLOB_UPLOAD_UNKNOWN.
 */
export async function requireSession(content: Content, permit: Permit<'push'>, id: string): Promise<FoundSession> {
  const session = await content.sessions.find(id)
  if (session?.repository === repositoryOf(permit) && session.principal === permit.principal.id) return session
  throw unknownSession(id)
}

export function unknownSession(id: string): RegistryError {
  return new RegistryError(
    'BLOB_UPLOAD_UNKNOWN',
    'There is no such upload here: it was finished, cancelled or timed out. Begin a new one with POST …/blobs/uploads/.',
    { detail: { id } },
  )
}

const RELEASE_TRIES = 100
const RELEASE_PAUSE_MS = 1000

/**
 * A claim that is left keeps everybody from the upload, so when the metadata cannot be written now it is tried again,
 * and the request, whose work is done or failed already, does not wait for it.
 */
async function releaseAtLast(release: () => Promise<void>): Promise<void> {
  const again = async () => {
    for (let attempt = 0; attempt < RELEASE_TRIES; attempt += 1) {
      await Bun.sleep(RELEASE_PAUSE_MS)
      if (await isDone(release)) return
    }
  }
  if (!(await isDone(release))) void again()
}

async function isDone(release: () => Promise<void>): Promise<boolean> {
  return release().then(
    () => true,
    () => false,
  )
}

/** The request took so long that it was thought dead. */
export function takenOver(id: string): RegistryError {
  return new RegistryError(
    'BLOB_UPLOAD_INVALID',
    'Another request has taken this upload over: ask for its status and continue there, or upload the blob again.',
    { status: 409, detail: { id } },
  )
}

/**
 * Runs `work` as the only writer of the session. An upload whose finishing broke off is opened again first: it was never
 * recorded, for that would have ended the session.
 * @param options.ends the session is gone when `work` succeeds, so that nothing is left to release.
 * @throws BLOB_UPLOAD_INVALID with 409 while another request writes.
 */
export async function withClaim<Result>(
  content: Content,
  { id, digest, ends = false }: { id: string; digest?: Digest; ends?: boolean },
  work: (claimed: ClaimedUpload) => Promise<Result>,
): Promise<Result> {
  const claim = `${content.instance}/${crypto.randomUUID()}`
  const claimed = await content.sessions.claim({ id, claim, ...leaseOf(content), ...(digest ? { digest } : {}) })
  if (claimed.outcome === 'unknown') throw unknownSession(id)
  if (claimed.outcome === 'busy') {
    throw new RegistryError(
      'BLOB_UPLOAD_INVALID',
      'Another request is writing to this upload: wait for it to end, then ask for the upload’s status.',
      { status: 409, detail: { id } },
    )
  }
  let hashed: HashedPrefix | undefined
  const release = () => content.sessions.release({ id, claim, now: content.clock(), ...(hashed ? { hashed } : {}) })
  const heartbeat = keepAlive(content, id, claim)
  let result: Result
  try {
    if (claimed.unfinished) await content.uploads.reopen(id, claimed.unfinished)
    result = await work({
      claim,
      reopened: claimed.unfinished !== undefined,
      hashed: claimed.hashed,
      keepHashed: prefix => {
        hashed = prefix
      },
    })
  } catch (error) {
    await releaseAtLast(release)
    throw error instanceof TakenOver ? takenOver(id) : error
  } finally {
    heartbeat.stop()
  }
  if (!ends) await releaseAtLast(release)
  return result
}

export interface ClaimedUpload {
  readonly claim: string
  readonly reopened: boolean
  /** What an earlier request, perhaps of another replica, hashed already. */
  readonly hashed: HashedPrefix | undefined
  /** Hands it to the next request. */
  keepHashed(prefix: HashedPrefix): void
}

function leaseOf({ clock, claimLeaseMs }: Content): { now: number; until?: number } {
  const now = clock()
  return claimLeaseMs === undefined ? { now } : { now, until: now + claimLeaseMs }
}

/** A beat that fails is followed by others; when all fail the claim is lost, and what is written then counts for nothing. */
function keepAlive(content: Content, id: string, claim: string): { stop(): void } {
  const { claimLeaseMs } = content
  if (claimLeaseMs === undefined) return { stop: () => undefined }
  const beat = () => {
    content.sessions.renew({ id, claim, until: content.clock() + claimLeaseMs }).catch(() => undefined)
  }
  const timer = setInterval(beat, claimLeaseMs / 4)
  return { stop: () => clearInterval(timer) }
}
