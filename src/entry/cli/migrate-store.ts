import type { BlobFailure, CopyOptions, MoveReport } from '../../features/copying/index.ts'
import { createProgress } from '../../platform/progress/index.ts'
import { formatBytes } from './bytes.ts'
import { stopOnSignal } from './stop-on-signal.ts'

export interface MigrateStoreFlags {
  readonly json?: boolean
}

/** `berth migrate-store`. Gives 0 when the registry is at its new place, and 1 when it is not. */
export async function migrateStoreCommand(
  run: (options: CopyOptions) => Promise<MoveReport>,
  place: string,
  { json }: MigrateStoreFlags,
): Promise<number> {
  const progress = createProgress('copying', 'bytes')
  const report = await run({ signal: stopOnSignal(), onProgress: progress.update })
  progress.end()
  const text = json ? JSON.stringify(report) : [...report.failures.map(lineOf), summaryOf(report, place)].join('\n')
  process.stdout.write(`${text}\n`)
  return report.outcome === 'moved' || report.outcome === 'moved before' ? 0 : 1
}

function lineOf({ digest, reason }: BlobFailure): string {
  return `not copied: ${digest}: ${reason}`
}

function summaryOf({ outcome, blobs, bytes, rows, readOnlyMs }: MoveReport, place: string): string {
  const copied = `Copied ${blobs} blobs, ${formatBytes(bytes)}`
  switch (outcome) {
    case 'moved':
      return `${copied}; ${rows.repositories} repositories, ${rows.manifests} manifests, ${rows.tags} tags and ${rows.blobs} blobs are the same at both places. Changes were refused for ${(readOnlyMs / 1000).toFixed(1)} seconds until the new place had them all, and are refused here from now on. Start the server with the settings of the new place: ${place}.`
    case 'moved before':
      return `The registry was moved to ${place} already. To take changes here again: berth migrate-store --reopen.`
    case 'occupied':
      return `${place} is not empty, or belongs to another move: nothing was changed. Give an empty place, or the one that the move began with.`
    case 'damaged':
      return `${copied}. What is damaged was not copied, so the registry stays where it is and takes pushes. Run berth verify, which puts it out of reach, then this again.`
  }
}
