export { type BlobsAddress, BlobsAddressError, parseBlobsAddress } from './address.ts'
export {
  type BlobStore,
  type BlobStores,
  type ByteRange,
  type CompletedUpload,
  type Incoming,
  type ObjectBody,
  ObjectFault,
  type ObjectRef,
  type QuarantineStore,
  type RedirectStore,
  type StorageMark,
  type StoredObject,
  type UploadProgress,
  type UploadStore,
} from './blob-store.ts'
export { type CacheOutcome, cachedReads } from './cache/index.ts'
export { filesystemBlobStores } from './filesystem/index.ts'
export { openObjectStores } from './open.ts'
