import type { Clock } from '../../platform/clock/index.ts'
import type { TagHistory } from '../../stores/metadata/index.ts'

const BATCH = 1000
const DAY_MS = 24 * 3600 * 1000

export interface HistoryRules {
  /** For so long it is remembered where a tag pointed after it did. */
  readonly days: number
  readonly changesPerTag: number
}

/** Removes what is older, batch by batch; gives how many changes. */
export async function forgetHistory(
  { history, clock }: { readonly history: Pick<TagHistory, 'forget'>; readonly clock: Clock },
  { days, changesPerTag }: HistoryRules,
  signal: AbortSignal,
): Promise<number> {
  const bounds = { endedBefore: clock() - days * DAY_MS, changesPerTag }
  let total = 0
  while (!signal.aborted) {
    const count = await history.forget(bounds, BATCH)
    total += count
    if (count === 0) break
  }
  return total
}
