import type { BlobStore, QuarantineStore, UploadStore } from '../blob-store.ts'
import { filesystemBlobs } from './blobs.ts'
import { layoutOf } from './layout.ts'
import { filesystemUploads } from './uploads.ts'

/** Blobs and uploads below `folder`, which is made as things are stored. */
export function filesystemBlobStores(folder: string): {
  readonly blobs: BlobStore & QuarantineStore
  readonly uploads: UploadStore
} {
  const layout = layoutOf(folder)
  return { blobs: filesystemBlobs(layout), uploads: filesystemUploads(layout) }
}
