import type { CollectOptions, CollectRules, GarbageCollection } from './garbage-collection.ts'

const BATCH = 100

/** Ends uploads that nobody wrote to for long, bytes first, then the session. Gives how many. */
export async function removeStaleUploads(
  gc: Pick<GarbageCollection, 'staleUploads' | 'uploads' | 'clock' | 'claimMs' | 'instance'>,
  rules: Pick<CollectRules, 'uploadMs'>,
  { dryRun, signal }: Pick<CollectOptions, 'dryRun' | 'signal'>,
): Promise<number> {
  const before = gc.clock() - rules.uploadMs
  let removed = 0
  let after: string | undefined
  while (!signal?.aborted) {
    const page = await gc.staleUploads.list({ before, now: gc.clock(), limit: BATCH, ...(after ? { after } : {}) })
    if (page.length === 0) break
    for (const { id, digest } of page) {
      const claim = `${gc.instance}/${crypto.randomUUID()}`
      const now = gc.clock()
      if (!dryRun && !(await gc.staleUploads.take({ id, claim, before, now, until: now + gc.claimMs }))) continue
      removed += 1
      if (dryRun) continue
      await gc.uploads.discard(id, digest ?? undefined)
      await gc.staleUploads.remove(id)
    }
    after = page.at(-1)?.id
  }
  return removed
}
