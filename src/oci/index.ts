export { isContainerImage, type ManifestParts } from './container-image.ts'
export { type Descriptor, isObject, parseDescriptor } from './descriptor.ts'
export {
  algorithmOf,
  type Digest,
  type DigestAlgorithm,
  encodedOf,
  isDigest,
  parseDigest,
  parseDigestAlgorithm,
  quoted,
} from './digest.ts'
export { FALLBACK_TAGS, fallbackTags, subjectOfFallbackTag } from './fallback-tags.ts'
export { matchesGlob } from './glob.ts'
export { type Manifest, parseManifest } from './manifest.ts'
export { isImageManifest, isIndex, MEDIA_TYPE } from './media-types.ts'
export {
  isRepositoryName,
  isTag,
  MAX_NAME_LENGTH,
  parseReference,
  parseRepositoryName,
  parseTag,
  type Reference,
  type RepositoryName,
  type Tag,
} from './reference.ts'
export { type ErrorCode, RegistryError, type RegistryErrorOptions, RepositoryRenamed } from './registry-error.ts'
