import {
  type Descriptor,
  type Digest,
  isIndex,
  parseManifest,
  type Reference,
  type RepositoryName,
} from '../../oci/index.ts'
import { invalid, notFound } from '../access/index.ts'
import type { Scans } from './scans.ts'

/** An image that layers are read of. */
export interface ScannedImage {
  readonly repository: RepositoryName
  readonly digest: Digest
  /** `os/architecture` or `os/architecture/variant`, where the index says. */
  readonly platform: string | undefined
}

interface Child extends Descriptor {
  readonly platform?: { readonly os?: unknown; readonly architecture?: unknown; readonly variant?: unknown }
}

const MOST_CHILDREN = 100

/** The image itself, or those of an index without its attestations; the first hundred. @throws NOT_FOUND. */
export async function imagesOf(
  { manifests }: Pick<Scans, 'manifests'>,
  repository: RepositoryName,
  reference: Reference,
): Promise<readonly ScannedImage[]> {
  const stored = await manifests.find(repository, reference)
  if (!stored) throw notFound(`image ${repository}${'tag' in reference ? `:${reference.tag}` : `@${reference.digest}`}`)
  if (!isIndex(stored.mediaType)) return [{ repository, digest: stored.digest, platform: undefined }]
  parseManifest(stored.bytes, stored.mediaType)
  const { manifests: children } = JSON.parse(new TextDecoder().decode(stored.bytes)) as { manifests: Child[] }
  return children
    .filter(child => !isAttestation(child))
    .slice(0, MOST_CHILDREN)
    .map(({ digest, platform }) => ({ repository, digest, platform: platform && platformText(platform) }))
}

/** As BuildKit names them: for a platform that nobody runs. An image that only says so stays one. */
function isAttestation({ annotations, platform }: Child): boolean {
  return annotations?.['vnd.docker.reference.type'] !== undefined && platform?.os === 'unknown'
}

/** As {@link imagesOf} when there has to be one. @throws NOT_FOUND, INVALID that names the platforms there are. */
export async function oneImageOf(
  scans: Pick<Scans, 'manifests'>,
  repository: RepositoryName,
  { reference, platform }: { readonly reference: Reference; readonly platform?: string | undefined },
): Promise<ScannedImage> {
  const all = await imagesOf(scans, repository, reference)
  const fitting = platform === undefined ? all : all.filter(each => each.platform === platform)
  const [only, ...others] = fitting
  if (only && others.length === 0) return only
  const known = all.map(each => each.platform ?? each.digest).join(', ')
  throw invalid({
    field: 'platform',
    message:
      all.length === 0 ? 'is of no use: the index names no image' : `must be one of those of the index: ${known}`,
  })
}

function platformText({ os, architecture, variant }: NonNullable<Child['platform']>): string {
  return [os, architecture, variant].filter(part => typeof part === 'string' && part !== '').join('/')
}
