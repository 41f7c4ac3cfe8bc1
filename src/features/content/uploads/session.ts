import { type Digest, RegistryError } from '../../../oci/index.ts'
import type { FoundSession } from '../../../stores/metadata/index.ts'
import { type Permit, repositoryOf } from '../../access/index.ts'
import type { Content } from '../content.ts'

/**
 * The session, if it belongs to this repository and this principal; for anybody else it does not exist
 * (CVE-2026-32589 is what happens otherwise).
 * @throws BLOB_UPLOAD_UNKNOWN.
 */
export async function requireSession(content: Content, permit: Permit<'push'>, id: string): Promise<FoundSession> {
  const session = await content.sessions.find(id)
  if (session?.repository === repositoryOf(permit) && session.principal === permit.principal.name) return session
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
  work: (claimed: { readonly claim: string; readonly reopened: boolean }) => Promise<Result>,
): Promise<Result> {
  const claim = `${content.instance}/${crypto.randomUUID()}`
  const claimed = await content.sessions.claim({ id, claim, now: content.clock(), ...(digest ? { digest } : {}) })
  if (claimed.outcome === 'unknown') throw unknownSession(id)
  if (claimed.outcome === 'busy') {
    throw new RegistryError(
      'BLOB_UPLOAD_INVALID',
      'Another request is writing to this upload: wait for it to end, then ask for the upload’s status.',
      { status: 409, detail: { id } },
    )
  }
  const release = () => content.sessions.release({ id, claim, now: content.clock() })
  let result: Result
  try {
    if (claimed.unfinished) await content.uploads.reopen(id, claimed.unfinished)
    result = await work({ claim, reopened: claimed.unfinished !== undefined })
  } catch (error) {
    await releaseAtLast(release)
    throw error
  }
  if (!ends) await releaseAtLast(release)
  return result
}
