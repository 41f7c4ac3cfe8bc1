import { algorithmOf, type Digest, encodedOf, isDigest } from '../../oci/index.ts'
import { type BlobRecord, mergeRows, type Row } from '../metadata/index.ts'
import { type BackupFiles, MARK } from './backup-files.ts'
import {
  type ListedSnapshot,
  listSnapshots,
  type NewSnapshot,
  openSnapshot,
  removeSnapshot,
  type Snapshot,
  writeSnapshot,
} from './snapshots.ts'

/**
 * A backup is these files, in a folder or below the prefix of a bucket:
 *
 *   berth-backup.json                              says what this is
 *   blobs/sha256/ab/abcdef…                        a blob, under its digest, however many snapshots need it
 *   snapshots/2026-01-31T12-00-00.000Z.jsonl.gz    all tables at one moment; written when every blob is there
 */
export interface Backup {
  readonly place: string
  /** Makes it a backup where nothing is. False when something else is there. */
  begin(): Promise<boolean>
  /** Which of these blobs it does not have; in order of their digests. */
  missing(rows: AsyncIterable<Row>): AsyncGenerator<BlobRecord>
  /** Every row, and whether its blob has to be there and is not. */
  compared(rows: AsyncIterable<Row>): AsyncIterable<{ readonly record: BlobRecord; readonly isMissing: boolean }>
  readBlob(digest: Digest): Promise<AsyncIterable<Uint8Array> | undefined>
  /** Nothing is stored when `bytes` fail. */
  writeBlob(digest: Digest, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** Oldest first. */
  snapshots(): Promise<readonly ListedSnapshot[]>
  open(name: string): Snapshot
  write(snapshot: NewSnapshot): Promise<Readonly<Record<string, number>>>
  /** Removes all but the newest so many snapshots, then the blobs that none of those needs. */
  prune(keep: number): Promise<{ readonly snapshots: number; readonly blobs: number }>
}

const KEY = /^blobs\/(sha256|sha512)\/[a-f0-9]{2}\/([a-f0-9]+)$/

export function backupIn(files: BackupFiles): Backup {
  const compared = async function* (rows: AsyncIterable<Row>) {
    for await (const { source, target } of mergeRows(rows, storedBlobs(files), ['digest'])) {
      if (!source) continue
      const record = source as unknown as BlobRecord
      yield { record, isMissing: record.state === 'stored' && target?.size_bytes !== record.size_bytes }
    }
  }
  return {
    place: files.place,
    async begin() {
      if (await isThere(files, MARK)) return true
      for await (const _ of files.list('')) return false
      await files.write(MARK, once('{"format":"berth-backup","version":1}\n'))
      return true
    },
    async *missing(rows) {
      for await (const { record, isMissing } of compared(rows)) if (isMissing) yield record
    },
    compared,
    readBlob: digest => files.read(keyOf(digest)),
    writeBlob: (digest, bytes) => files.write(keyOf(digest), bytes),
    snapshots: () => listSnapshots(files),
    open: name => openSnapshot(files, name),
    write: snapshot => writeSnapshot(files, snapshot),
    prune: keep => prune(files, keep),
  }
}

async function isThere(files: BackupFiles, key: string): Promise<boolean> {
  const bytes = await files.read(key)
  if (!bytes) return false
  for await (const _ of bytes);
  return true
}

async function prune(files: BackupFiles, keep: number): Promise<{ snapshots: number; blobs: number }> {
  const all = await listSnapshots(files)
  const old = all.slice(0, Math.max(0, all.length - keep))
  if (old.length === 0) return { snapshots: 0, blobs: 0 }
  const kept = all.slice(old.length).map(({ name }) => openSnapshot(files, name))
  // What is damaged names its blobs only in part: then nothing is removed.
  for (const snapshot of kept) await snapshot.check()
  for (const { name } of old) await removeSnapshot(files, name)
  let needed: AsyncIterable<Row> = none()
  for (const snapshot of kept) needed = union(needed, snapshot.rows('blobs'))
  let blobs = 0
  for await (const { source, target } of mergeRows(needed, storedBlobs(files), ['digest'])) {
    if (source || !target) continue
    await files.remove(keyOf(target.digest as Digest))
    blobs += 1
  }
  return { snapshots: old.length, blobs }
}

async function* union(one: AsyncIterable<Row>, other: AsyncIterable<Row>): AsyncGenerator<Row> {
  for await (const { source, target } of mergeRows(one, other, ['digest'])) yield (source ?? target) as Row
}

async function* none(): AsyncGenerator<Row> {}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}

async function* storedBlobs(files: BackupFiles): AsyncGenerator<Row> {
  let before = ''
  for await (const { key, sizeBytes } of files.list('blobs/')) {
    // Side by side with rows, an odd order would make blobs seem to be missing, or not needed.
    if (key <= before) throw new Error(`${files.place} does not list its objects in order: it cannot hold a backup.`)
    before = key
    const [, algorithm, encoded] = KEY.exec(key) ?? []
    const digest = `${algorithm}:${encoded}`
    if (isDigest(digest)) yield { digest, size_bytes: sizeBytes }
  }
}

function keyOf(digest: Digest): string {
  const encoded = encodedOf(digest)
  return `blobs/${algorithmOf(digest)}/${encoded.slice(0, 2)}/${encoded}`
}
