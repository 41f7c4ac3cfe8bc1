import type { AdvisorySource } from '../../stores/metadata/index.ts'
import type { Advising } from './advising.ts'

/** How a source stands. Times are milliseconds since the epoch. */
export interface SourceStatus extends AdvisorySource {
  /** Since it was last known to be what the source has; undefined when it never was. */
  readonly ageMs: number | undefined
  readonly isStale: boolean
}

/** Every source that was ever heard of. */
export async function sourceStatuses({
  tables,
  settings,
  clock,
}: Pick<Advising, 'tables' | 'settings' | 'clock'>): Promise<readonly SourceStatus[]> {
  const now = clock()
  return (await tables.sources.list(now)).map(source => {
    const ageMs = source.checkedAt === undefined ? undefined : Math.max(0, now - source.checkedAt)
    return { ...source, ageMs, isStale: ageMs === undefined || ageMs > settings.staleMs }
  })
}
