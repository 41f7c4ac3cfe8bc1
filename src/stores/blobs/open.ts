import { parseBlobsAddress } from './address.ts'
import type { BlobStores, UploadProgress } from './blob-store.ts'
import { type Bucket, objectBlobStores } from './objects/index.ts'

/**
 * Blobs and uploads in the object storage at this address. The vendor's SDK is loaded when it is needed.
 * @throws BlobsAddressError.
 */
export async function openObjectStores(address: string, progress: UploadProgress): Promise<BlobStores> {
  const { bucket, prefix } = await openBucket(address)
  return objectBlobStores(bucket, prefix, progress)
}

/** The bucket itself, for what is none of a registry's. @throws BlobsAddressError. */
export async function openBucket(address: string): Promise<{ readonly bucket: Bucket; readonly prefix: string }> {
  const { prefix } = parseBlobsAddress(address)
  return { bucket: await bucketAt(address), prefix }
}

async function bucketAt(text: string): Promise<Bucket> {
  const address = parseBlobsAddress(text)
  const timeoutMs = address.timeoutSeconds * 1000
  if (address.kind === 's3') {
    const { s3Bucket } = await import('./s3/index.ts')
    const { sse, kmsKeyId } = address
    return s3Bucket({ ...address, timeoutMs, ...(sse ? { encryption: { algorithm: sse, kmsKeyId } } : {}) })
  }
  if (address.kind === 'azblob') {
    const { azureBucket } = await import('./azure/index.ts')
    return azureBucket({ ...address, timeoutMs, environment: process.env })
  }
  const { gcsBucket } = await import('./gcs/index.ts')
  return gcsBucket({ ...address, timeoutMs })
}
