import type { Backup, ListedSnapshot } from '../../stores/backups/index.ts'
import type { TableName } from '../../stores/metadata/index.ts'
import {
  type BlobFailure,
  type BlobSource,
  type CopyOptions,
  type CopyTarget,
  counterOf,
  noBlobs,
  PLAIN_TABLES,
  SourceFault,
} from './copy.ts'
import { copyBlobs } from './copy-blobs.ts'

export interface RestoreJob {
  readonly backup: Backup
  readonly target: CopyTarget & { prepare(): Promise<void> }
  /** Versions of the schema whose rows can be taken. */
  readonly schemas: readonly string[]
}

export interface RestoreReport {
  /** occupied: the registry is not empty. newer: a newer Berth made the snapshot. */
  readonly outcome: 'restored' | 'no snapshot' | 'occupied' | 'newer'
  readonly snapshot?: string
  readonly blobs: number
  readonly bytes: number
  /** Blobs that the backup has damaged or not at all. All else is restored. */
  readonly failures: readonly BlobFailure[]
  readonly rows: Readonly<Partial<Record<TableName, number>>>
}

/**
 * Restores the newest snapshot, or the newest not after `at`, into an empty registry. One that was cut off is run again:
 * what is there is not copied again, and what another snapshot brought is taken away.
 */
export async function restoreRegistry(
  { backup, target, schemas }: RestoreJob,
  { at, ...options }: CopyOptions & { readonly at?: Date },
): Promise<RestoreReport> {
  const counts = noBlobs()
  const report = (outcome: RestoreReport['outcome'], more: Partial<RestoreReport> = {}): RestoreReport => {
    const { blobs, bytes, failures } = counts
    return { outcome, blobs, bytes, failures, rows: {}, ...more }
  }
  const chosen = newest(await backup.snapshots(), at)
  if (!chosen) return report('no snapshot')
  const snapshot = backup.open(chosen.name)
  const { schema } = await snapshot.check()
  if (!schemas.includes(schema)) return report('newer', { snapshot: chosen.name })
  if ((await target.relocation.receive(`backup ${backup.place}`)) === undefined) return report('occupied')
  await target.prepare()

  const missing = target.tables.blobs.missing(snapshot.rows('blobs'))
  const observers = { signal: options.signal, onBytes: await counterOf(missing, options.onProgress) }
  await copyBlobs(snapshot.rows('blobs'), blobsIn(backup), target, counts, observers)
  await target.tables.blobs.settle(snapshot.rows('blobs'), target.clock())
  const rows: Partial<Record<TableName, number>> = {}
  for (const table of PLAIN_TABLES) await target.tables.receive(table, snapshot)
  for (const table of ['blobs' as const, ...PLAIN_TABLES]) {
    const theirs = await target.tables.fingerprint(snapshot, table)
    const ours = await target.tables.fingerprint(target.tables.current, table)
    rows[table] = ours.rows
    if (theirs.sha256 === ours.sha256 || (table === 'blobs' && counts.failures.length > 0)) continue
    throw new Error(`The table ${table} was restored and is not the same: ${theirs.rows} rows, and ${ours.rows} here.`)
  }
  await target.relocation.complete(target.clock())
  return report('restored', { snapshot: chosen.name, rows })
}

function newest(snapshots: readonly ListedSnapshot[], at: Date | undefined): ListedSnapshot | undefined {
  return snapshots.findLast(({ takenAt }) => at === undefined || takenAt.getTime() <= at.getTime())
}

function blobsIn(backup: Backup): BlobSource {
  return {
    async read({ digest }) {
      const bytes = await backup.readBlob(digest)
      if (!bytes) throw new SourceFault('The backup does not have it.')
      return bytes
    },
    isGone: async () => false,
  }
}
