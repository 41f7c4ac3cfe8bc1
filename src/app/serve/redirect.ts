import type { StoredBlob } from '../../features/content/index.ts'
import { addressIsIn, parseCidrs } from '../../platform/addresses/index.ts'
import type { BlobStores } from '../../stores/blobs/index.ts'
import type { Config } from '../config/index.ts'

/** Who is sent to the object storage for a blob: clients in the networks of `blobs.redirect`, if it can be done at all. */
export function redirectOf({ redirects }: BlobStores, { blobs }: Config) {
  if (!redirects || blobs.redirect.length === 0) return undefined
  const networks = parseCidrs(blobs.redirect)
  return (blob: StoredBlob, clientAddress: string): Promise<string> | undefined =>
    addressIsIn(networks, clientAddress) ? redirects.urlOf(blob, blobs.redirectSeconds) : undefined
}
