import type { Clock } from '../../platform/clock/index.ts'
import type { RateWindows, SignInRecords } from '../../stores/metadata/index.ts'

const MOST_AT_ONCE = 1000

/** Removes windows that are over and attempts that say nothing any more; a recurring job. Gives how many rows. */
export async function removeExpiredLimits(
  { windows, signIns }: { readonly windows: RateWindows; readonly signIns: SignInRecords },
  clock: Clock,
  signal?: AbortSignal,
): Promise<number> {
  const now = clock()
  let removed = 0
  for (const remove of [
    () => windows.removeExpired(now, MOST_AT_ONCE),
    () => signIns.removeForgotten(now, MOST_AT_ONCE),
  ]) {
    let last = MOST_AT_ONCE
    while (last === MOST_AT_ONCE) {
      signal?.throwIfAborted()
      last = await remove()
      removed += last
    }
  }
  return removed
}
