import { resolve } from 'node:path'
import { openBucket } from '../blobs/index.ts'
import { type Backup, backupIn } from './backup.ts'
import { bucketFiles } from './bucket-files.ts'
import { folderFiles } from './folder-files.ts'

export type { Backup } from './backup.ts'
export { lockFolder } from './folder-files.ts'
export { type ListedSnapshot, type Snapshot, SnapshotFault } from './snapshots.ts'

/** Is it an address of object storage, and not a folder? */
export function isAddress(target: string): boolean {
  return /^[a-z0-9]+:\/\//.test(target)
}

/** @param target a folder, or an address as the setting `blobs.url` takes it. @throws BlobsAddressError. */
export async function openBackup(target: string): Promise<Backup> {
  if (!isAddress(target)) return backupIn(folderFiles(resolve(target)))
  const { bucket, prefix } = await openBucket(target)
  return backupIn(bucketFiles(bucket, prefix))
}
