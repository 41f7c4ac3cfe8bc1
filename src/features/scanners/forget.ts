import type { Clock } from '../../platform/clock/index.ts'
import type { ScannerTables } from '../../stores/metadata/index.ts'

const DAY_MS = 24 * 3600 * 1000
/** Reports that nobody made anew for so long, and requests that were given up, are forgotten. */
export const KEPT_DAYS = 90
const BATCH = 50

/** Gives how many reports went. */
export async function forgetReports(
  { reports, requests }: Pick<ScannerTables, 'reports' | 'requests'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<number> {
  const before = clock() - KEPT_DAYS * DAY_MS
  await requests.forget(before)
  let forgotten = 0
  while (!signal.aborted) {
    const some = await reports.forget(before, BATCH)
    forgotten += some
    if (some < BATCH) break
  }
  return forgotten
}
