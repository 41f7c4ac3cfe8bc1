import type { Queries } from '../engine.ts'
import { findEntry, type TrashEntry } from './entries.ts'
import { holderOf, releaseEntry } from './release.ts'

export interface Purged {
  readonly entries: readonly TrashEntry[]
  /** Entries that another in the trash could not be restored without. */
  readonly needed: readonly { readonly entry: TrashEntry; readonly by: TrashEntry }[]
}

/** Takes them out of the trash for good, those first that hold others. */
export async function purgeEntries(
  queries: Queries,
  { ids, now }: { readonly ids: readonly string[]; readonly now: number },
): Promise<Purged> {
  const entries: TrashEntry[] = []
  let waiting: string[] = [...ids]
  let needed: Purged['needed'][number][] = []
  for (let before = -1; before !== entries.length && waiting.length > 0; ) {
    before = entries.length
    needed = []
    for (const id of waiting) {
      const entry = await findEntry(queries, id)
      if (!entry) continue
      const holder = await holderOf(queries, entry)
      const by = holder && (await findEntry(queries, holder.id))
      if (by) needed.push({ entry, by })
      else {
        await releaseEntry(queries, entry, now)
        entries.push(entry)
      }
    }
    waiting = needed.map(({ entry }) => entry.id)
  }
  return { entries, needed }
}
