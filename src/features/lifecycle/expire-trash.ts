import type { CollectOptions, GarbageCollection } from './garbage-collection.ts'

const BATCH = 25

/** Ends what has lain in the trash for its time, in small transactions. Gives how many; in a dry run: how many would. */
export async function expireTrash(
  { trash, clock }: Pick<GarbageCollection, 'trash' | 'clock'>,
  { dryRun, signal }: Pick<CollectOptions, 'dryRun' | 'signal'>,
): Promise<number> {
  const now = clock()
  if (dryRun) return trash.countExpired(now)
  let ended = 0
  let after: { readonly id: string; readonly expiresAt: number } | undefined
  while (!signal?.aborted) {
    const { released, last } = await trash.expire({ now, after, limit: BATCH })
    ended += released
    if (!last) break
    after = last
  }
  return ended
}
