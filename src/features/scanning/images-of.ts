import {
  type Descriptor,
  type Digest,
  isIndex,
  parseManifest,
  type Reference,
  type RepositoryName,
} from '../../oci/index.ts'
import type { StoredManifest } from '../../stores/metadata/index.ts'
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

/** As many as a pull of the index is judged by. */
const MOST_CHILDREN = 500
/** Others count as images of which nothing is known. */
const MOST_INDEXES = 50

/** The image itself, or those of an index, and of indexes in it, without attestations. @throws NOT_FOUND. */
export async function imagesOf(
  { manifests }: Pick<Scans, 'manifests'>,
  repository: RepositoryName,
  reference: Reference,
): Promise<readonly ScannedImage[]> {
  const stored = await manifests.find(repository, reference)
  if (!stored) throw notFound(`image ${repository}${'tag' in reference ? `:${reference.tag}` : `@${reference.digest}`}`)
  if (!isIndex(stored.mediaType)) return [{ repository, digest: stored.digest, platform: undefined }]
  const children = childrenOf(stored)
  const seen = new Set(children.map(({ digest }) => digest))
  const images: ScannedImage[] = []
  let indexes = 0
  // Grows while it is gone through, by what indexes in it name that nobody named before.
  for (const { digest, mediaType, platform } of children) {
    if (images.length >= MOST_CHILDREN) break
    const isOpened = isIndex(mediaType) && ++indexes <= MOST_INDEXES
    const inner = isOpened ? await manifests.find(repository, { digest }) : undefined
    if (!inner) images.push({ repository, digest, platform: platform && platformText(platform) })
    else if (isIndex(inner.mediaType)) children.push(...childrenOf(inner).filter(each => isNew(seen, each.digest)))
  }
  return images
}

function isNew(seen: Set<Digest>, digest: Digest): boolean {
  return !seen.has(digest) && seen.add(digest).has(digest)
}

function childrenOf({ bytes, mediaType }: Pick<StoredManifest, 'bytes' | 'mediaType'>): Child[] {
  parseManifest(bytes, mediaType)
  const { manifests } = JSON.parse(new TextDecoder().decode(bytes)) as { manifests: Child[] }
  return manifests.filter(child => !isAttestation(child))
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
  throw invalid({ field: 'platform', message: platformFault(all, platform) })
}

function platformFault(all: readonly ScannedImage[], platform: string | undefined): string {
  if (all.length === 0) return 'is of no use: the index names no image'
  const known = all.flatMap(each => each.platform ?? [])
  if (known.length === 0)
    return 'is of no use: it is one image, or an index that tells no platforms. Name the image by its digest'
  const wanted = platform === undefined ? 'is missing; it' : `${platform}: it`
  return `${wanted} must be one of those of the index: ${known.join(', ')}`
}

function platformText({ os, architecture, variant }: NonNullable<Child['platform']>): string {
  return [os, architecture, variant].filter(part => typeof part === 'string' && part !== '').join('/')
}
