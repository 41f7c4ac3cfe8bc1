import { Unavailable } from '../platform/outcome/index.ts'
import { type BlobStores, filesystemBlobStores, openObjectStores } from '../stores/blobs/index.ts'
import type { Metadata } from '../stores/metadata/index.ts'
import { checkStorage } from './check-storage.ts'
import { CommandError } from './command-error.ts'
import type { Config } from './config/index.ts'

/**
 * Where the blobs lie; tied to the metadata unless both are in one folder.
 * @throws CommandError, Unavailable.
 */
export async function openStores(config: Config, metadata: Metadata): Promise<BlobStores> {
  if ((await metadata.relocation.find())?.state === 'receiving') {
    throw new CommandError(
      'A registry is being copied to this place, or that was cut off: run berth migrate-store or berth restore again until it ends.',
    )
  }
  const stores = await storesAt(config, metadata)
  if (isTied(config)) await tieStorage(metadata, stores)
  return stores
}

export async function storesAt({ data, blobs: { url } }: Config, metadata: Metadata): Promise<BlobStores> {
  return url === undefined ? filesystemBlobStores(data) : await openObjectStores(url, metadata.uploadNotes)
}

/** Where metadata and blobs are in one folder nothing can be paired wrongly. */
export function isTied({ blobs, database }: Config): boolean {
  return blobs.url !== undefined || database.url !== undefined
}

export function tieStorage(metadata: Metadata, stores: BlobStores): Promise<void> {
  return checkStorage(metadata.storage, stores).catch(error => {
    if (error instanceof CommandError || error instanceof Unavailable) throw error
    throw new CommandError(`The storage ${stores.place} cannot be used: ${messageOf(error)}`, { cause: error })
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
