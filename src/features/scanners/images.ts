import { type Digest, isIndex, parseReference, type RepositoryName } from '../../oci/index.ts'
import { invalid, notFound, type Permit, repositoryOf } from '../access/index.ts'
import type { Scanners } from './scanners.ts'

export interface NamedImage {
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly mediaType: string
}

/** The image that the permit and the reference name. @throws NOT_FOUND, INVALID for an index. */
export async function imageNamed(
  { manifests }: Pick<Scanners, 'manifests'>,
  permit: Permit<'pull' | 'push' | 'list'>,
  reference: string,
): Promise<NamedImage> {
  const repository = repositoryOf(permit)
  const manifest = await manifests.summary(repository, parseReference(reference))
  if (!manifest) throw notFound(`image ${repository}${reference.includes(':') ? '@' : ':'}${reference}`)
  if (isIndex(manifest.mediaType))
    throw invalid({ field: 'reference', message: 'is an index of several images: give the digest of one of them' })
  return { repository, digest: manifest.digest, mediaType: manifest.mediaType }
}
