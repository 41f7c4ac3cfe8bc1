import { type Descriptor, type Digest, parseManifest, type Reference } from '../../oci/index.ts'
import type { Image } from '../../stores/metadata/index.ts'
import { notFound, type Permit, repositoryOf } from '../access/index.ts'
import type { Catalog } from './catalog.ts'
import { platformOf, platformText } from './platform.ts'

/** What an index names. */
export interface Child {
  readonly digest: Digest
  readonly mediaType: string
  readonly platform: string | undefined
  /** With its blobs; absent when it is not in the repository or not described yet. */
  readonly sizeBytes: number | undefined
}

export interface ShownImage extends Image {
  readonly children: readonly Child[]
  /** Signatures, SBOMs and whatever else has it as its subject; the first hundred by digest. */
  readonly referrers: readonly Descriptor[]
}

const MOST = 100

/** @throws NOT_FOUND. */
export async function showImage(
  { details, referrers, manifests }: Catalog,
  permit: Permit<'pull'>,
  reference: Reference,
): Promise<ShownImage> {
  const repository = repositoryOf(permit)
  const image = await details.images.find(repository, reference)
  const stored = image && (await manifests.find(repository, { digest: image.digest }))
  if (!stored) throw notFound(`image ${repository}${'tag' in reference ? `:${reference.tag}` : `@${reference.digest}`}`)
  const children: Child[] = []
  for (const child of childrenOf(stored.bytes).slice(0, MOST)) {
    const known = await details.images.find(repository, { digest: child.digest })
    const own = platformOf(child.platform)
    const platform = own ? platformText(own) : known?.platforms[0]
    children.push({ digest: child.digest, mediaType: child.mediaType, platform, sizeBytes: known?.sizeBytes })
  }
  return { ...image, children, referrers: await referrers.list(repository, image.digest, { limit: MOST }) }
}

function childrenOf(bytes: Uint8Array): readonly (Descriptor & { readonly platform?: unknown })[] {
  const { manifests } = parseManifest(bytes, undefined)
  const { manifests: written } = JSON.parse(new TextDecoder().decode(bytes)) as { manifests?: { platform?: unknown }[] }
  return manifests.map((descriptor, index) => ({ ...descriptor, platform: written?.[index]?.platform }))
}
