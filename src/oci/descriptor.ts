import { type Digest, isDigest } from './digest.ts'
import { RegistryError } from './registry-error.ts'

/** image-spec v1.1.1 descriptor.md#properties, as far as a registry reads it. Sizes in bytes. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** @throws MANIFEST_INVALID naming `path`, where in the manifest the descriptor stands. */
export function parseDescriptor(value: unknown, path: string): Descriptor {
  if (!isObject(value)) throw invalid(path, 'a descriptor (an object with mediaType, digest and size)')
  const { mediaType, digest, size, artifactType } = value
  if (typeof mediaType !== 'string' || mediaType === '') throw invalid(`${path}.mediaType`, 'a media type')
  if (typeof digest !== 'string' || !isDigest(digest))
    throw invalid(`${path}.digest`, 'a sha256: or sha512: digest', 'DIGEST_INVALID')
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(`${path}.size`, 'a size in bytes, zero or more')
  const annotations = parseAnnotations(value.annotations, `${path}.annotations`)
  return {
    mediaType,
    digest,
    size,
    ...(typeof artifactType === 'string' && artifactType !== '' ? { artifactType } : {}),
    ...(annotations ? { annotations } : {}),
  }
}

export function parseAnnotations(value: unknown, path: string): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw invalid(path, 'an object of strings')
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw invalid(`${path}["${key}"]`, 'a string')
  }
  return value as Record<string, string>
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function invalid(
  path: string,
  expected: string,
  code: 'MANIFEST_INVALID' | 'DIGEST_INVALID' = 'MANIFEST_INVALID',
) {
  return new RegistryError(code, `The manifest's ${path} is not ${expected}.`, { detail: { path } })
}
