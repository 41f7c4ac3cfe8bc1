import type { Metrics } from '../../platform/telemetry/index.ts'
import type { UploadStore } from '../../stores/blobs/index.ts'

/** The store, with the bytes it takes in counted. */
export function countReceived(uploads: UploadStore, metrics: Pick<Metrics, 'received'>): UploadStore {
  return {
    ...uploads,
    async append(id, offset, incoming, observe) {
      const length = await uploads.append(id, offset, incoming, observe)
      metrics.received(length - offset)
      return length
    },
  }
}
