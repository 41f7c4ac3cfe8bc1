import type { BlobStores } from '../blob-store.ts'
import { filesystemBlobs } from './blobs.ts'
import { layoutOf } from './layout.ts'
import { filesystemMark } from './mark.ts'
import { filesystemUploads } from './uploads.ts'

/** Blobs and uploads below `folder`, which is made as things are stored. */
export function filesystemBlobStores(folder: string): BlobStores {
  const layout = layoutOf(folder)
  return {
    place: folder,
    exclusive: true,
    blobs: filesystemBlobs(layout),
    uploads: filesystemUploads(layout),
    mark: filesystemMark(folder, layout),
  }
}
