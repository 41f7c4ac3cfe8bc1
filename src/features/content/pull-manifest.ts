import { type Reference, RegistryError, type RepositoryName } from '../../oci/index.ts'
import type { ManifestSummary, StoredManifest } from '../../stores/metadata/index.ts'
import { type Permit, repositoryOf } from '../access/index.ts'
import type { Content } from './content.ts'

/** @throws MANIFEST_UNKNOWN, or NAME_UNKNOWN when there is no such repository. */
export async function pullManifest(
  content: Content,
  permit: Permit<'pull'>,
  reference: Reference,
): Promise<StoredManifest> {
  const repository = repositoryOf(permit)
  return (await content.manifests.find(repository, reference)) ?? unknownManifest(content, repository, reference)
}

/** As {@link pullManifest} without the bytes, for HEAD. */
export async function statManifest(
  content: Content,
  permit: Permit<'stat'>,
  reference: Reference,
): Promise<ManifestSummary> {
  const repository = repositoryOf(permit)
  return (await content.manifests.summary(repository, reference)) ?? unknownManifest(content, repository, reference)
}

export async function unknownManifest(
  content: Pick<Content, 'repositories'>,
  repository: RepositoryName,
  reference: Reference,
): Promise<never> {
  await requireRepository(content, repository)
  throw new RegistryError(
    'MANIFEST_UNKNOWN',
    'tag' in reference
      ? `Repository ${repository} has no tag ${reference.tag}.`
      : `Repository ${repository} has no manifest ${reference.digest}.`,
    { detail: { repository, ...reference } },
  )
}

/** @throws NAME_UNKNOWN when nothing was ever pushed to `repository`. */
export async function requireRepository(
  content: Pick<Content, 'repositories'>,
  repository: RepositoryName,
): Promise<void> {
  if (await content.repositories.exists(repository)) return
  throw new RegistryError('NAME_UNKNOWN', `There is no repository ${repository}: push an image to it first.`, {
    detail: { repository },
  })
}
