import { type Digest, RegistryError, type RepositoryName } from '../../oci/index.ts'
import { Moved } from '../../platform/outcome/index.ts'
import type { ByteRange } from '../../stores/blobs/index.ts'
import type { LinkedBlob, StoredBlob } from '../../stores/metadata/index.ts'
import { type Permit, repositoryOf } from '../access/index.ts'
import type { Content } from './content.ts'
import { refusingExcess } from './over-quota.ts'
import { foundIn, requireRepository } from './pull-manifest.ts'
import { recordOfBlobDelete } from './recorded.ts'

/** @throws BLOB_UNKNOWN, or NAME_UNKNOWN when there is no such repository. */
export async function statBlob(content: Content, permit: Permit<'pull' | 'stat'>, digest: Digest): Promise<StoredBlob> {
  const repository = repositoryOf(permit)
  const look = () => content.blobLinks.find(repository, digest)
  const blob = (await foundIn(content, repository, look)) ?? unknownBlob(repository, digest)
  if (await keepForPush(content, repository, blob)) return blob
  // Collected, or given a manifest, since it was found: ask again.
  return (await foundIn(content, repository, look)) ?? unknownBlob(repository, digest)
}

/** @throws ObjectFault when the store has not what the metadata say. */
export async function readBlob(content: Content, blob: StoredBlob, range?: ByteRange) {
  return content.blobs.read(blob, range)
}

/**
 * Makes a blob of another repository visible in the permit's; durable. Gives undefined when it cannot be: the client
 * then uploads. Without `from` every repository that `mayRead` is looked at.
 * @throws DENIED when a quota is in the way.
 */
export async function mountBlob(
  content: Content,
  permit: Permit<'push'>,
  { digest, from }: { digest: Digest; from?: Permit<'pull'> },
): Promise<StoredBlob | undefined> {
  const repository = repositoryOf(permit)
  const mount = { repository, digest, now: content.clock(), ...(from ? { from: repositoryOf(from) } : {}) }
  return refusingExcess(content, permit, () => content.blobLinks.mount(mount))
}

/** Takes the blob out of the repository; durable. @throws BLOB_UNKNOWN, or DENIED with 409 while a manifest names it. */
export async function deleteBlob(content: Content, permit: Permit<'delete'>, digest: Digest): Promise<void> {
  const repository = repositoryOf(permit)
  const now = content.clock()
  const unlinked = await content.blobLinks.unlink({ repository, digest, now }, recordOfBlobDelete(permit, digest, now))
  if (unlinked.outcome === 'unknown') {
    await requireRepository(content, repository)
    unknownBlob(repository, digest)
  }
  if (unlinked.outcome === 'referenced') {
    throw new RegistryError(
      'DENIED',
      `Manifest ${unlinked.by} in ${repository} names blob ${digest}: delete the manifest first.`,
      { status: 409, detail: { referencedBy: unlinked.by } },
    )
  }
}

/**
 * A client that is told "it exists" will not upload it, and may take its time with the manifest: the grace period
 * begins anew once half of it has passed, so that the answer stays true (sonatype/nexus-public#264).
 */
async function keepForPush(content: Content, repository: RepositoryName, blob: LinkedBlob): Promise<boolean> {
  const now = content.clock()
  if (blob.candidateSince === undefined || now - blob.candidateSince < content.rules.graceMs / 2) return true
  return content.blobLinks.touch({ repository, digest: blob.digest, now }).catch(error => {
    // A registry that is being moved collects nothing.
    if (error instanceof Moved) return true
    throw error
  })
}

function unknownBlob(repository: RepositoryName, digest: Digest): never {
  throw new RegistryError('BLOB_UNKNOWN', `Repository ${repository} has no blob ${digest}.`, {
    detail: { repository, digest },
  })
}
