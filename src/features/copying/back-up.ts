import type { Backup } from '../../stores/backups/index.ts'
import type { BlobRecord, Row, TableName, TableRows } from '../../stores/metadata/index.ts'
import {
  type BlobCounts,
  type BlobFailure,
  type BlobSource,
  blobsOf,
  type CopyOptions,
  type CopySource,
  counterOf,
  Interrupted,
  noBlobs,
  PLAIN_TABLES,
  SourceFault,
} from './copy.ts'
import { forEach } from './for-each.ts'
import { checkedBytes, type Observers } from './source-bytes.ts'

export interface BackupJob {
  readonly source: CopySource
  readonly backup: Backup
  /** The version of the source's schema. */
  readonly schema: string
}

export interface BackupReport {
  /** occupied: the place holds something that is no backup. */
  readonly outcome: 'backed up' | 'occupied'
  readonly snapshot?: string
  /** Copied by this run; the others were there. */
  readonly blobs: number
  readonly bytes: number
  readonly failures: readonly BlobFailure[]
  readonly rows: Readonly<Record<string, number>>
  readonly removed: { readonly snapshots: number; readonly blobs: number }
}

const TABLES: readonly TableName[] = ['blobs', ...PLAIN_TABLES]
/** Each snapshot leaves less for the next to miss. */
const MOST_TRIES = 20

/** A blob went while a snapshot that names it was written: garbage collection may do that. */
class Vanished extends Error {
  override readonly name = 'Vanished'
}

/**
 * Backs up a registry that serves. First every blob that the backup does not have is copied; then all tables are written
 * as they are at one moment, and the blobs that came since are copied with them. A blob that garbage collection takes in
 * between makes that snapshot one of a registry that is no more: it is dropped and another taken, for which next to
 * nothing is left to copy. A blob that is damaged at the source stands as damaged in the snapshot.
 */
export async function backUp(
  { source, backup, schema }: BackupJob,
  { keep, ...options }: CopyOptions & { readonly keep?: number },
): Promise<BackupReport> {
  const counts = noBlobs()
  const result = { removed: { snapshots: 0, blobs: 0 }, rows: {} }
  if (!(await backup.begin())) return { ...result, ...counts, outcome: 'occupied' }
  const missing = backup.missing(source.tables.current.rows('blobs'))
  const observers: Observers = { signal: options.signal, onBytes: await counterOf(missing, options.onProgress) }
  const copying = { backup, source: blobsOf(source), counts, observers }
  for (let tries = 1; ; tries += 1) {
    await copyMissing(copying, source.tables.current.rows('blobs'))
    const takenAt = new Date()
    try {
      const rows = await source.tables.snapshot(moment => writeSnapshot(copying, moment, { takenAt, schema }))
      const { blobs, bytes, failures } = counts
      const removed = keep === undefined ? result.removed : await backup.prune(keep)
      const snapshot = takenAt.toISOString().replaceAll(':', '-')
      return { outcome: 'backed up', snapshot, blobs, bytes, failures, rows, removed }
    } catch (error) {
      if (!(error instanceof Vanished) || tries === MOST_TRIES) throw error
    }
  }
}

interface Copying {
  readonly backup: Backup
  readonly source: BlobSource
  readonly counts: BlobCounts
  readonly observers: Observers
}

async function copyMissing(copying: Copying, rows: AsyncIterable<Row>): Promise<void> {
  const known = new Set(copying.counts.failures.map(({ digest }) => digest))
  await forEach(copying.backup.missing(rows), async record => {
    if (!known.has(record.digest)) await copyBlob(copying, record)
  })
}

function writeSnapshot(
  copying: Copying,
  rows: TableRows,
  { takenAt, schema }: { takenAt: Date; schema: string },
): Promise<Readonly<Record<string, number>>> {
  const { backup, counts } = copying
  async function* blobs(all: AsyncIterable<Row>): AsyncGenerator<BlobRecord> {
    for await (const { record, isMissing } of backup.compared(all)) {
      const isKnown = isMissing && counts.failures.some(({ digest }) => digest === record.digest)
      const outcome = isMissing && !isKnown ? await copyBlob(copying, record) : 'copied'
      if (outcome === 'vanished') throw new Vanished(`Blob ${record.digest} went while it was backed up.`)
      yield isKnown || outcome === 'damaged' ? { ...record, state: 'damaged' } : record
    }
  }
  return backup.write({ takenAt, schema, tables: TABLES, rows, blobs })
}

async function copyBlob(
  { backup, source, counts, observers }: Copying,
  record: BlobRecord,
): Promise<'copied' | 'damaged' | 'vanished'> {
  if (observers.signal?.aborted) throw new Interrupted()
  try {
    await backup.writeBlob(record.digest, checkedBytes(source, record, observers))
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error
    if (await source.isGone(record)) {
      counts.vanished += 1
      return 'vanished'
    }
    counts.failures.push({ digest: record.digest, reason: error.message })
    return 'damaged'
  }
  counts.blobs += 1
  counts.bytes += record.size_bytes
  return 'copied'
}
