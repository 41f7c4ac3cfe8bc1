import { type Descriptor, invalid, isObject, parseAnnotations, parseDescriptor } from './descriptor.ts'
import { quoted } from './digest.ts'
import { isImageManifest, isIndex, isNonDistributable, isSchema1, MEDIA_TYPE } from './media-types.ts'
import { RegistryError } from './registry-error.ts'

/** What a registry must know of a manifest; the bytes themselves are kept as they came. */
export interface Manifest {
  readonly mediaType: string
  /** As the referrers list shows it: spec v1.1.1 #listing-referrers. */
  readonly artifactType?: string
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
  /** Blobs that must be in the repository: config and layers, without the non-distributable ones. */
  readonly blobs: readonly Descriptor[]
  /** Manifests that an index names. */
  readonly manifests: readonly Descriptor[]
  readonly nonDistributable: readonly Descriptor[]
}

/**
 * Reads a manifest of one of the four kinds that Berth keeps.
 * @param contentType the request's Content-Type, parameters allowed; absent means "as the document says".
 * @throws MANIFEST_INVALID, DIGEST_INVALID or UNSUPPORTED with what was expected and where.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): Manifest {
  const declared = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  const document = parseObject(bytes)
  const mediaType = decideMediaType(document, declared === MEDIA_TYPE.octetStream ? undefined : declared)
  if (document.schemaVersion !== 2) throw invalid('schemaVersion', '2')
  const annotations = parseAnnotations(document.annotations, 'annotations')
  const subject = present(document.subject) ? parseDescriptor(document.subject, 'subject') : undefined
  const own =
    typeof document.artifactType === 'string' && document.artifactType !== '' ? document.artifactType : undefined
  const common = { mediaType, ...(annotations ? { annotations } : {}), ...(subject ? { subject } : {}) }
  if (isIndex(mediaType)) {
    const manifests = parseDescriptors(document.manifests, 'manifests')
    return { ...common, ...(own ? { artifactType: own } : {}), blobs: [], manifests, nonDistributable: [] }
  }
  const config = parseDescriptor(document.config, 'config')
  // An empty list of Go's is written as null by some builders.
  const layers = document.layers === null ? [] : parseDescriptors(document.layers, 'layers')
  return {
    ...common,
    artifactType: own ?? config.mediaType,
    blobs: [config, ...layers.filter(layer => !isNonDistributable(layer.mediaType))],
    manifests: [],
    nonDistributable: layers.filter(layer => isNonDistributable(layer.mediaType)),
  }
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (cause) {
    throw new RegistryError('MANIFEST_INVALID', 'The manifest is not JSON in UTF-8.', {
      cause,
      detail: cause instanceof Error ? cause.message : undefined,
    })
  }
  if (!isObject(document)) throw new RegistryError('MANIFEST_INVALID', 'The manifest is not a JSON object.')
  return document
}

/**
 * One type decides how the document is read, and a document that could be read two ways is refused
 * (CVE-2021-41190, opencontainers/distribution-spec GHSA-mc8v-mgrf-8f4m).
 */
function decideMediaType(document: Record<string, unknown>, declared: string | undefined): string {
  if ((declared && isSchema1(declared)) || document.schemaVersion === 1) {
    throw new RegistryError(
      'UNSUPPORTED',
      'Docker image manifest v2 schema 1 is not supported: push schema 2 or an OCI image (docker 1.10 and newer do).',
      { status: 400 },
    )
  }
  const inside = document.mediaType
  if (present(inside) && typeof inside !== 'string') throw invalid('mediaType', 'a string')
  const looksLikeIndex = present(document.manifests)
  const looksLikeImage = present(document.layers) || present(document.config)
  if (looksLikeIndex && looksLikeImage) {
    throw new RegistryError(
      'MANIFEST_INVALID',
      'The manifest has both "manifests" and "layers" or "config": it must be either an index or an image.',
    )
  }
  if (typeof inside === 'string' && declared && inside !== declared) {
    throw new RegistryError(
      'MANIFEST_INVALID',
      `The Content-Type ${quoted(declared)} differs from the manifest's mediaType ${quoted(inside)}: send the same.`,
    )
  }
  const mediaType =
    (inside as string | undefined) ?? declared ?? (looksLikeIndex ? MEDIA_TYPE.imageIndex : MEDIA_TYPE.imageManifest)
  if (!isImageManifest(mediaType) && !isIndex(mediaType)) {
    throw new RegistryError(
      'MANIFEST_INVALID',
      `Berth keeps no manifests of type ${quoted(mediaType)}: send ${Object.values(MEDIA_TYPE).slice(0, 4).join(', ')}.`,
    )
  }
  if (isIndex(mediaType) !== looksLikeIndex) {
    throw new RegistryError(
      'MANIFEST_INVALID',
      isIndex(mediaType)
        ? `The type ${mediaType} needs a list "manifests", and the document has none.`
        : `The type ${mediaType} needs "config" and "layers", and the document has "manifests".`,
    )
  }
  return mediaType
}

function parseDescriptors(value: unknown, path: string): readonly Descriptor[] {
  if (!Array.isArray(value)) throw invalid(path, 'a list of descriptors')
  return value.map((item, index) => parseDescriptor(item, `${path}[${index}]`))
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null
}
