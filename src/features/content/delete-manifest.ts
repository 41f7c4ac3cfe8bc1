import { type Reference, RegistryError, type RepositoryName, type Tag } from '../../oci/index.ts'
import { type Permit, repositoryOf } from '../access/index.ts'
import { judgeChange, refusalError } from '../protection/index.ts'
import type { Content } from './content.ts'
import { requireRepository, unknownManifest } from './pull-manifest.ts'
import { recordOfDelete, recordOfUntag } from './recorded.ts'

/**
 * Deletes a tag, or by digest a manifest with all its tags; durable. It lies in the trash for a while; the bytes go with
 * garbage collection afterwards.
 * @throws MANIFEST_UNKNOWN, NAME_UNKNOWN, DENIED when a rule or lock keeps it, or DENIED with 409 while an index names
 * the manifest: an index that is listed can be pulled whole.
 */
export async function deleteManifest(
  content: Pick<Content, 'tags' | 'manifests' | 'repositories' | 'clock'> & {
    readonly rules: Pick<Content['rules'], 'trashMs'>
  },
  permit: Permit<'delete'>,
  reference: Reference,
): Promise<void> {
  const repository = repositoryOf(permit)
  const now = content.clock()
  const discard = {
    now,
    by: permit.principal.name,
    deletion: crypto.randomUUID(),
    trashMs: content.rules.trashMs,
  }
  if ('tag' in reference) {
    if (!permit.mayTag('remove', reference.tag)) throw keptTag(permit, reference.tag)
    const { tag } = reference
    const removal = { repository, tag, judge: judgeChange, ...discard }
    const untagged = await content.tags.remove(removal, recordOfUntag(permit, tag, now))
    if (untagged.outcome === 'unknown') return refuseUnknown(content, repository, reference)
    if (untagged.outcome === 'protected') throw refusalError(untagged.refusal, { tag, digest: untagged.digest })
    return
  }
  const { digest } = reference
  const removed = await content.manifests.remove(
    { repository, digest, mayRemove: tag => permit.mayTag('remove', tag), judge: judgeChange, ...discard },
    recordOfDelete(permit, digest, now),
  )
  if (removed.outcome === 'unknown') return refuseUnknown(content, repository, reference)
  if (removed.outcome === 'tag kept') throw keptTag(permit, removed.tag)
  if (removed.outcome === 'protected') throw refusalError(removed.refusal, { digest })
  if (removed.outcome === 'referenced') {
    throw new RegistryError(
      'DENIED',
      `Index ${removed.by} in ${repository} names manifest ${reference.digest}: delete the index first.`,
      { status: 409, detail: { referencedBy: removed.by } },
    )
  }
}

async function refuseUnknown(
  content: Pick<Content, 'repositories'>,
  repository: RepositoryName,
  reference: Reference,
): Promise<never> {
  await requireRepository(content, repository)
  return unknownManifest(repository, reference)
}

function keptTag({ principal, resource }: Permit<'delete'>, tag: Tag): RegistryError {
  return new RegistryError('DENIED', `${principal.name} may delete here, but not the tag ${tag}.`, {
    detail: { tag, ...(resource === 'registry' ? {} : resource) },
  })
}
