import { createHash } from 'node:crypto'
import { algorithmOf, type Digest, parseDigest, RegistryError, type RepositoryName } from '../../../oci/index.ts'
import { OutcomeUnknown, OverQuota } from '../../../platform/outcome/index.ts'
import { type Permit, repositoryOf } from '../../access/index.ts'
import type { Content } from '../content.ts'
import { refusal } from '../over-quota.ts'
import { type Chunk, receive } from './append-chunk.ts'
import { requireSession, takenOver, withClaim } from './session.ts'
import { digestSoFar } from './upload-hashes.ts'

/**
 * Takes the last chunk, if there is one, checks the digest of the whole and makes it a blob of the repository;
 * bytes, then metadata, are durable when it resolves. Until it is recorded it can be asked for again. A digest that does not match leaves no upload behind.
 * @throws DIGEST_INVALID, RANGE_INVALID, SIZE_INVALID, BLOB_UPLOAD_UNKNOWN, DENIED when a quota is in the way.
 */
export async function finishUpload(
  content: Content,
  permit: Permit<'push'>,
  id: string,
  { digest, chunk }: { digest: Digest; chunk: Chunk },
): Promise<void> {
  await requireSession(content, permit, id)
  await withClaim(content, { id, digest, ends: true }, async ({ claim, reopened, hashed }) => {
    const repository = repositoryOf(permit)
    // The client asks again, with or without the last chunk, because it never got its answer.
    if (reopened && (await digestOf(content, id, digest)) === digest) {
      const sizeBytes = await content.uploads.received(id)
      return store(content, permit, { id, claim, repository, digest, sizeBytes })
    }
    const ending = { ...chunk, incoming: { ...chunk.incoming, ends: true } }
    const { lengthBytes, running } = await receive(
      content,
      permit,
      { id, algorithm: algorithmOf(digest), digest },
      ending,
    )
    content.hashes.forget(id)
    const known = running ? digestSoFar(running) : hashed?.lengthBytes === lengthBytes ? hashed.digest : undefined
    const actual = known === digest ? known : await digestOf(content, id, digest)
    if (actual !== digest) {
      await discard(content, id)
      throw new RegistryError(
        'DIGEST_INVALID',
        `The ${lengthBytes} bytes received have the digest ${actual}, not ${digest}: upload the blob again.`,
        { detail: { expected: digest, actual, sizeBytes: lengthBytes } },
      )
    }
    await store(content, permit, { id, claim, repository, digest, sizeBytes: lengthBytes })
  })
}

/** Ends the session and drops what it received. @throws BLOB_UPLOAD_UNKNOWN. */
export async function cancelUpload(content: Content, permit: Permit<'push'>, id: string): Promise<void> {
  await requireSession(content, permit, id)
  await withClaim(content, { id, ends: true }, () => discard(content, id))
}

/** The session goes last: until then garbage collection knows of the bytes. */
async function discard(content: Content, id: string): Promise<void> {
  content.hashes.forget(id)
  await content.uploads.discard(id)
  await content.sessions.remove(id)
}

/**
 * The digest of what was received, read from the store: the hash that ran along may have seen the bytes while they were
 * on their way, so that an upload is only refused for what is stored.
 */
async function digestOf(content: Content, id: string, digest: Digest): Promise<Digest> {
  const algorithm = algorithmOf(digest)
  const hash = createHash(algorithm)
  for await (const bytes of content.uploads.read(id)) hash.update(bytes)
  return parseDigest(`${algorithm}:${hash.digest('hex')}`)
}

interface ReceivedUpload {
  readonly id: string
  readonly claim: string
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly sizeBytes: number
}

async function store(content: Content, permit: Permit<'push'>, upload: ReceivedUpload): Promise<void> {
  try {
    await makeBlob(content, upload)
  } catch (error) {
    if (!(error instanceof OverQuota)) throw error
    // Nobody can make a blob of it, however often it is tried.
    await discard(content, upload.id)
    throw await refusal(content, permit, error.excess)
  }
}

async function makeBlob(content: Content, upload: ReceivedUpload): Promise<void> {
  const { id, repository, digest } = upload
  const { sessions, uploads, clock } = content
  if ((await sessions.isStored(digest)) && (await sessions.linkStored({ repository, digest, now: clock() }))) {
    return discard(content, id)
  }
  const completed = await uploads.complete(id, digest)
  let recorded: boolean
  try {
    recorded = await sessions.record({ ...upload, ...completed, now: clock() })
  } catch (error) {
    // It may be recorded after all, and then the object is what is served.
    if (!(error instanceof OutcomeUnknown)) await uploads.reopen(id, digest)
    throw error
  }
  // Whoever took the upload over stores it under the same key: the object is theirs.
  if (!recorded) throw takenOver(id)
}
