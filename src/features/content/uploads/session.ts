import { type Digest, RegistryError } from '../../../oci/index.ts'
import type { UploadSession } from '../../../stores/metadata/index.ts'
import { type Permit, repositoryOf } from '../../access/index.ts'
import type { Content } from '../content.ts'

/**
 * The session, if it belongs to this repository and this principal; for anybody else it does not exist
 * (CVE-2026-32589 is what happens otherwise).
 * @throws BLOB_UPLOAD_UNKNOWN.
 */
export async function requireSession(content: Content, permit: Permit<'push'>, id: string): Promise<UploadSession> {
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

/**
 * Runs `work` as the only writer of the session.
 * @param options.ends the session is gone when `work` succeeds, so that nothing is left to release.
 * @throws BLOB_UPLOAD_INVALID with 409 while another request writes.
 */
export async function withClaim<Result>(
  content: Content,
  { id, digest, ends = false }: { id: string; digest?: Digest; ends?: boolean },
  work: () => Promise<Result>,
): Promise<Result> {
  const claim = `${content.instance}/${crypto.randomUUID()}`
  const claimed = await content.sessions.claim({ id, claim, now: content.clock(), ...(digest ? { digest } : {}) })
  if (claimed === 'unknown') throw unknownSession(id)
  if (claimed === 'busy') {
    throw new RegistryError(
      'BLOB_UPLOAD_INVALID',
      'Another request is writing to this upload: wait for it to end, then ask for the upload’s status.',
      { status: 409, detail: { id } },
    )
  }
  const release = () => content.sessions.release({ id, claim, now: content.clock() })
  let result: Result
  try {
    result = await work()
  } catch (error) {
    await release()
    throw error
  }
  if (!ends) await release()
  return result
}
