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
  const { url } = config.blobs
  const stores =
    url === undefined ? filesystemBlobStores(config.data) : await openObjectStores(url, metadata.uploadNotes)
  if (url !== undefined || config.database.url !== undefined) {
    await checkStorage(metadata.storage, stores).catch(error => {
      if (error instanceof CommandError || error instanceof Unavailable) throw error
      throw new CommandError(`The storage ${stores.place} cannot be used: ${messageOf(error)}`, { cause: error })
    })
  }
  return stores
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
