import type { BlobStores, UploadProgress } from '../blob-store.ts'
import { objectBlobs } from './blobs.ts'
import type { Bucket } from './bucket.ts'
import { layoutOf } from './layout.ts'
import { objectMark } from './mark.ts'
import { objectUploads } from './uploads.ts'

export type { Bucket, ListedObject, PartsTarget, ReadObject } from './bucket.ts'
export { readObject, writeObject } from './whole-objects.ts'

/** Blobs and uploads as objects of `bucket`, below `prefix`: "" or one that ends in "/". */
export function objectBlobStores(bucket: Bucket, prefix: string, progress: UploadProgress): BlobStores {
  const layout = layoutOf(prefix)
  const blobs = objectBlobs(bucket, layout)
  return {
    place: bucket.place,
    exclusive: false,
    blobs,
    uploads: objectUploads(bucket, layout, progress),
    mark: objectMark(bucket, layout),
    redirects: blobs,
  }
}
