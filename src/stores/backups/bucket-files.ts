import { type Bucket, readObject, writeObject } from '../blobs/index.ts'
import type { BackupFiles } from './backup-files.ts'

/** @param prefix "" or one that ends in "/". */
export function bucketFiles(bucket: Bucket, prefix: string): BackupFiles {
  return {
    place: bucket.place,
    async *list(below) {
      for await (const { key, sizeBytes } of bucket.list(`${prefix}${below}`)) {
        yield { key: key.slice(prefix.length), sizeBytes }
      }
    },
    read: key => readObject(bucket, `${prefix}${key}`),
    write: (key, bytes) => writeObject(bucket, `${prefix}${key}`, bytes),
    remove: key => bucket.remove(`${prefix}${key}`),
  }
}
