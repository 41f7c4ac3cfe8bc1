import { pause } from '../../platform/clock/index.ts'
import { scanImage } from './scan-image.ts'
import type { Scanning } from './scanning.ts'

const LOOK_MS = 300
const COUNT_MS = 5000
/** Packages that are compared with the advisories at once, when that was broken off. */
const LEFT_OVER = 1000

/** Reads images as they come, until `signal`; each by one process, since a job has one. @throws what the database says. */
export async function scanUntil(signal: AbortSignal, scanning: Scanning): Promise<void> {
  const { tables, clock, observer, settings } = scanning
  await matchLeftOver(signal, scanning)
  const active = new Map<number, Promise<void>>()
  // Whatever ends it is thrown at the next look, not lost.
  let fault: { readonly error: unknown } | undefined
  let countedAt = 0
  try {
    while (!signal.aborted) {
      if (fault) throw fault.error
      if (clock() - countedAt >= COUNT_MS) {
        countedAt = clock()
        observer.waiting(await tables.queue.waiting())
      }
      const image = active.size < settings.workers ? await tables.queue.take(clock(), [...active.keys()]) : undefined
      if (image) {
        const scan = scanImage(scanning, image, signal)
          .catch(error => {
            fault = { error }
          })
          .finally(() => active.delete(image.id))
        active.set(image.id, scan)
      } else await Promise.race([pause(LOOK_MS, signal), ...(active.size < settings.workers ? [] : active.values())])
    }
  } finally {
    await Promise.all(active.values())
  }
}

/** Those of scans that were cut off between two transactions, and of a copy of the registry. */
async function matchLeftOver(signal: AbortSignal, { tables, matchNew, clock }: Scanning): Promise<void> {
  while (!signal.aborted) {
    const ids = await tables.packages.unmatched(LEFT_OVER)
    if (ids.length === 0) return
    await matchNew(ids)
    await tables.packages.markMatched(ids, clock())
  }
}
