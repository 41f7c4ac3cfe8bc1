import { SYSTEM } from '../identity/index.ts'
import type { Quotas } from './quotas.ts'
import { recordOfPassing } from './recorded.ts'
import { passedBy } from './standing.ts'

const DAY_MS = 86_400_000
const PAGE = 200
/** Then one row a day is enough. */
const EVERY_HOUR_MS = 31 * DAY_MS

/** Writes down what is used, forgets what is too old, and tells of limits that were passed without a push. */
export async function keepUsageHistory(
  { usage: { history, quotas }, clock }: Quotas,
  { keptMs }: { readonly keptMs: number },
  signal: AbortSignal,
): Promise<{ readonly written: number; readonly removed: number }> {
  const now = clock()
  const written = await history.sample(now)
  const removed = await history.thin({ daysBefore: now - EVERY_HOUR_MS, before: now - keptMs })
  const by = { principal: SYSTEM, origin: { address: '' } }
  for (let after: Parameters<typeof quotas.list>[0]['after']; !signal.aborted; ) {
    const page = await quotas.list({ after, limit: PAGE })
    for (const quota of page)
      if (passedBy(quota) !== quota.passed) await quotas.pass(quota, passedBy, recordOfPassing(by, now))
    const last = page.at(-1)
    if (!last || page.length < PAGE) break
    after = { projectId: last.projectId, kind: last.kind }
  }
  return { written, removed }
}
