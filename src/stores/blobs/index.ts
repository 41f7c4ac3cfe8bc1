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
export { isAbsent, moveDurably } from './filesystem/durable.ts'
export { filesystemBlobStores } from './filesystem/index.ts'
export { type Bucket, readObject, writeObject } from './objects/index.ts'
export { openBucket, openObjectStores } from './open.ts'
