import { join } from 'node:path'
import type { Log, Metrics } from '../../platform/telemetry/index.ts'
import { type BlobStore, type BlobStores, cachedReads } from '../../stores/blobs/index.ts'
import type { Config } from '../config/index.ts'

/** Blobs as the server reads them: through the disk cache when they lie in an object storage. */
export function servedBlobs(
  { blobs, exclusive }: BlobStores,
  config: Config,
  { log, metrics }: { log: Log; metrics: Pick<Metrics, 'cached'> },
): BlobStore {
  const maxBytes = config.blobs.cacheBytes
  if (exclusive || maxBytes === 0) return blobs
  const read = cachedReads(blobs, {
    folder: join(config.data, 'cache'),
    maxBytes,
    onRead(outcome, error) {
      metrics.cached(outcome)
      if (outcome === 'damaged') log.warn({}, 'an object in the cache was damaged and is read from the storage again')
      if (outcome === 'failed') log.warn({ err: error }, 'the cache cannot be used; the blob comes from the storage')
    },
  })
  return { ...blobs, read }
}
