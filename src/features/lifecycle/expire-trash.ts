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
  // What was held by something that ended after it can end in the next pass.
  for (let pass = { released: 1, held: 1 }; pass.released > 0 && pass.held > 0 && !signal?.aborted; ) {
    pass = await expireOnce(trash, now, signal)
    ended += pass.released
  }
  return ended
}

async function expireOnce(trash: GarbageCollection['trash'], now: number, signal: CollectOptions['signal']) {
  const counts = { released: 0, held: 0 }
  let after: { readonly id: string; readonly expiresAt: number } | undefined
  while (!signal?.aborted) {
    const { released, held, last } = await trash.expire({ now, after, limit: BATCH })
    counts.released += released
    counts.held += held
    if (!last) break
    after = last
  }
  return counts
}
