import type { BlobStores } from '../stores/blobs/index.ts'
import type { StorageIdentity } from '../stores/metadata/index.ts'
import { CommandError } from './command-error.ts'

/**
 * A database elsewhere could be paired with the wrong storage, and then every blob would seem lost. Both carry the same
 * id, the storage in `storage.id`. Replicas that start at once agree on the one that the database took first.
 * @throws CommandError when they do not belong together.
 */
export async function checkStorage(storage: StorageIdentity, { mark, place }: BlobStores): Promise<void> {
  const [tied, here] = await Promise.all([storage.find(), mark.read()])
  if (tied !== undefined && tied === here) return
  // Both are new, or the first start was cut off between marking the one and the other.
  const isNew = here === undefined && (await mark.isEmpty())
  if (isNew ? await storage.isFresh() : tied === undefined && here !== undefined && (await mark.isEmpty())) {
    const agreed = await storage.tie(here ?? crypto.randomUUID())
    if ((await mark.write(agreed)) === agreed) return
  }
  throw new CommandError(
    `The database belongs to ${nameOf(tied)}, and ${place} is ${nameOf(here)}: correct the settings of the database or of the storage (data, blobs.url). If they do belong together, both must carry the same id: the storage in its file "storage.id", the database in its table "storage".`,
  )
}

function nameOf(id: string | undefined): string {
  return id === undefined ? 'no storage yet' : `the storage ${id}`
}
