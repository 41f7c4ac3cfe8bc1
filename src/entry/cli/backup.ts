import type { BackupReport, BlobFailure, CopyOptions, RestoreReport } from '../../features/copying/index.ts'
import { createProgress } from '../../platform/progress/index.ts'
import { formatBytes } from './bytes.ts'
import { stopOnSignal } from './stop-on-signal.ts'

export interface BackupFlags {
  readonly json?: boolean
}

/** `berth backup`. Gives 1 when something is damaged and so is not in the backup, or there can be none at that place. */
export async function backupCommand(
  run: (options: CopyOptions) => Promise<BackupReport>,
  place: string,
  { json }: BackupFlags,
): Promise<number> {
  const progress = createProgress('backing up', 'bytes')
  const report = await run({ signal: stopOnSignal(), onProgress: progress.update })
  progress.end()
  const { outcome, snapshot, blobs, bytes, failures, rows, removed } = report
  const counts = `${rows.repositories} repositories, ${rows.manifests} manifests, ${rows.tags} tags and ${rows.blobs} blobs`
  const text =
    outcome === 'occupied'
      ? `${place} holds something that is no backup: give an empty place.`
      : `Snapshot ${snapshot}: ${counts}; ${blobs} blobs were new, ${formatBytes(bytes)}. ${removed.snapshots} old snapshots and ${removed.blobs} blobs were removed.`
  print(json, report, [...failures.map(lineOf), text])
  return outcome === 'backed up' && failures.length === 0 ? 0 : 1
}

/** `berth restore`. Gives 1 when nothing was restored, or not all. */
export async function restoreCommand(
  run: (options: CopyOptions) => Promise<RestoreReport>,
  place: string,
  { json }: BackupFlags,
): Promise<number> {
  const progress = createProgress('restoring', 'bytes')
  const report = await run({ signal: stopOnSignal(), onProgress: progress.update })
  progress.end()
  print(json, report, [...report.failures.map(lineOf), restoredText(report, place)])
  return report.outcome === 'restored' && report.failures.length === 0 ? 0 : 1
}

/** `berth backup drill`: a restore to nowhere, and what verification finds in it. Gives 0 when all is well. */
export async function drillCommand(
  run: (options: CopyOptions) => Promise<RestoreReport & { readonly findings: readonly string[] }>,
  place: string,
  { json }: BackupFlags,
): Promise<number> {
  const progress = createProgress('restoring', 'bytes')
  const report = await run({ signal: stopOnSignal(), onProgress: progress.update })
  progress.end()
  const isWell = report.outcome === 'restored' && report.failures.length + report.findings.length === 0
  const verdict = isWell ? 'All is well: every digest is right and every row is there.' : 'The backup is not whole.'
  print(json, { ...report, isWell }, [
    ...report.failures.map(lineOf),
    ...report.findings,
    `${restoredText(report, place)} ${verdict} The restored registry was removed.`,
  ])
  return isWell ? 0 : 1
}

export interface ShownSnapshot {
  readonly name: string
  readonly takenAt: Date
  readonly sizeBytes: number
}

/** `berth backup list`: oldest first. */
export function backupListCommand(snapshots: readonly ShownSnapshot[], { json }: BackupFlags): number {
  const lines = snapshots.map(({ takenAt, sizeBytes }) => `${takenAt.toISOString()}  ${formatBytes(sizeBytes)}`)
  print(json, snapshots, lines.length === 0 ? ['There are no snapshots.'] : lines)
  return snapshots.length === 0 ? 1 : 0
}

function restoredText({ outcome, snapshot, blobs, bytes, rows }: RestoreReport, place: string): string {
  switch (outcome) {
    case 'restored':
      return `Restored snapshot ${snapshot}: ${rows.repositories} repositories, ${rows.manifests} manifests, ${rows.tags} tags and ${rows.blobs} blobs; ${blobs} blobs were copied, ${formatBytes(bytes)}.`
    case 'no snapshot':
      return `There is no such snapshot in ${place}: see berth backup list.`
    case 'occupied':
      return 'The registry is not empty: nothing was changed. Restore to an empty data folder, or an empty database and storage.'
    case 'newer':
      return `A newer Berth made snapshot ${snapshot}: use that one.`
  }
}

function lineOf({ digest, reason }: BlobFailure): string {
  return `damaged: ${digest}: ${reason}`
}

function print(json: boolean | undefined, report: object, lines: readonly string[]): void {
  process.stdout.write(`${json ? JSON.stringify(report) : lines.join('\n')}\n`)
}
