import { createHash } from 'node:crypto'
import { algorithmOf, type Digest, encodedOf } from '../../oci/index.ts'
import type { BlobStore } from '../../stores/blobs/index.ts'
import type { InventoryBlob } from '../../stores/metadata/index.ts'
import type { Verification, VerifyOptions } from './verification.ts'

const PAGE = 200

/** Metadata to storage: is each blob's object there, as long as it should be, and does it have its digest? */
export async function checkBlobs(
  verification: Verification,
  options: VerifyOptions,
): Promise<{ readonly blobs: number; readonly bytes: number }> {
  const totals = await verification.inventory.totals()
  const checked = { blobs: 0, bytes: 0 }
  let after: Digest | undefined
  for (;;) {
    const page = await verification.inventory.blobs({ after, limit: PAGE })
    for (const blob of page) {
      await checkBlob(verification, options, blob)
      checked.blobs += 1
      checked.bytes += blob.sizeBytes
      if (options.content) options.onProgress?.(checked.bytes, Math.max(totals.blobBytes, checked.bytes))
      else options.onProgress?.(checked.blobs, Math.max(totals.blobs, checked.blobs))
    }
    after = page.at(-1)?.digest
    if (!after) return checked
  }
}

async function checkBlob(verification: Verification, options: VerifyOptions, blob: InventoryBlob): Promise<void> {
  const fault = await faultOf(verification, options, blob)
  if (!fault) return
  // Collected or pushed again meanwhile: then this object is nobody's blob any more.
  if (!(await verification.damage.markBlob(blob))) return
  if (fault.kind === 'blob damaged') await verification.blobs.quarantine(blob.storageKey)
  options.onFinding({
    ...fault,
    digest: blob.digest,
    detail: `${fault.detail} It answers "unknown" until a client pushes it again.`,
    action: fault.kind === 'blob missing' ? 'put out of reach' : 'put out of reach, object quarantined',
  })
}

async function faultOf({ blobs }: Verification, { content }: VerifyOptions, blob: InventoryBlob) {
  const sizeBytes = await blobs.size(blob.storageKey)
  if (sizeBytes === undefined)
    return { kind: 'blob missing' as const, detail: `Object ${blob.storageKey} is not in the store.` }
  if (sizeBytes !== blob.sizeBytes) {
    return { kind: 'blob damaged' as const, detail: `It has ${sizeBytes} bytes instead of ${blob.sizeBytes}.` }
  }
  if (!content || (await hasDigest(blobs, blob))) return undefined
  return { kind: 'blob damaged' as const, detail: 'Its bytes do not have its digest.' }
}

async function hasDigest(blobs: BlobStore, blob: InventoryBlob): Promise<boolean> {
  const { digest } = blob
  const hash = createHash(algorithmOf(digest))
  const body = await blobs.read(blob)
  for await (const bytes of body instanceof Blob ? body.stream() : body) hash.update(bytes)
  return hash.digest('hex') === encodedOf(digest)
}
