import type { Descriptor } from './descriptor.ts'
import { isImageManifest, MEDIA_TYPE } from './media-types.ts'

const CONFIGS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])
/** What Docker runs all the same: other registries and old clients wrote these. */
const TOLERATED: ReadonlySet<string> = new Set(['application/octet-stream', 'application/json', 'text/html', ''])
const LAYER =
  /^application\/vnd\.(?:oci\.image\.layer\.|docker\.image\.rootfs\.|docker\.container\.image\.rootfs\.)[a-z0-9.+-]{1,80}$/

/** The part of a manifest that tells what it is. */
export interface ManifestParts {
  readonly artifactType?: unknown
  readonly config?: Pick<Descriptor, 'mediaType'> | undefined
  readonly layers?: readonly Pick<Descriptor, 'mediaType'>[] | null | undefined
}

/**
 * Is it run as a container: has it layers of files? Whatever else lies beside them and whatever it calls itself, so that
 * nobody passes an image off as something that holds no packages.
 * @param mediaType of the manifest.
 */
export function isContainerImage(mediaType: string, { artifactType, config, layers }: ManifestParts): boolean {
  if (!isImageManifest(mediaType)) return false
  const type = config?.mediaType ?? ''
  // Without layers it holds nothing, and is what it says that it is.
  if (!layers || layers.length === 0) return CONFIGS.has(type) && artifactType === undefined
  // Docker's own format has no other use, so that nobody who runs it asks what its config is called.
  const isRun = CONFIGS.has(type) || TOLERATED.has(type) || mediaType === MEDIA_TYPE.dockerManifest
  return isRun && layers.some(layer => LAYER.test(layer.mediaType))
}
