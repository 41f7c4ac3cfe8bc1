import type { CondemnedObject } from '../../stores/metadata/index.ts'
import type { CollectOptions, CollectRules, GarbageCollection } from './garbage-collection.ts'

const BATCH = 100

/**
 * Removes stored objects that no blob names any more: first the bytes, then the record of them, so that a kill in
 * between only makes the next run try again. A key is never used twice, so no push can be hit.
 */
export async function removeCondemned(
  gc: Pick<GarbageCollection, 'condemned' | 'blobs' | 'clock'>,
  rules: Pick<CollectRules, 'removalDelayMs'>,
  { signal }: Pick<CollectOptions, 'signal'>,
): Promise<{ readonly objects: number; readonly freedBytes: number }> {
  const removed = { objects: 0, freedBytes: 0 }
  const startedAt = gc.clock()
  let after: string | undefined
  while (!signal?.aborted) {
    const page = await gc.condemned.list({ before: startedAt, limit: BATCH, ...(after ? { after } : {}) })
    if (page.length === 0) break
    await untilRemovable(page, gc, rules, signal)
    if (signal?.aborted) break
    for (const object of page) {
      await gc.blobs.remove(object.storageKey)
      removed.objects += 1
      removed.freedBytes += object.sizeBytes
    }
    await gc.condemned.forget(page.map(object => object.storageKey))
    after = page.at(-1)?.storageKey
  }
  return removed
}

async function untilRemovable(
  page: readonly CondemnedObject[],
  { clock }: Pick<GarbageCollection, 'clock'>,
  { removalDelayMs }: Pick<CollectRules, 'removalDelayMs'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const youngest = Math.max(...page.map(object => object.condemnedAt))
  const waitMs = youngest + removalDelayMs - clock()
  if (waitMs <= 0) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, waitMs)
  signal?.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clearTimeout(timer)
}
