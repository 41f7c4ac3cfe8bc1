export type { BlobStore, ByteRange, Incoming, QuarantineStore, StoredObject, UploadStore } from './blob-store.ts'
export { filesystemBlobStores } from './filesystem/index.ts'
