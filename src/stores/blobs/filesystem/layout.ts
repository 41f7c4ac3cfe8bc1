import { join } from 'node:path'
import { algorithmOf, type Digest, encodedOf, isDigest } from '../../../oci/index.ts'

/**
 * The folder on disk:
 *
 *   blobs/sha256/ab/abcdef….0f3c…   a stored object: digest, then the id of the upload it came by
 *   uploads/0f/0f3c…                bytes of an upload in progress
 *   quarantine/sha256/ab/…          what verification found damaged or unknown, under its old name
 *
 * The id makes a key unique: a blob that is deleted and pushed again is another object, so a late delete of the old
 * one cannot hit the new one.
 */
export interface Layout {
  readonly blobs: string
  readonly uploads: string
  readonly quarantine: string
}

export function layoutOf(folder: string): Layout {
  return { blobs: join(folder, 'blobs'), uploads: join(folder, 'uploads'), quarantine: join(folder, 'quarantine') }
}

export function keyOf(digest: Digest, uploadId: string): string {
  const encoded = encodedOf(digest)
  return `${algorithmOf(digest)}/${encoded.slice(0, 2)}/${encoded}.${uploadId}`
}

const KEY = /^(sha256|sha512)\/[a-f0-9]{2}\/([a-f0-9]+)\.([A-Za-z0-9-]+)$/

/** Undefined for a file that is none of Berth's objects. */
export function partsOfKey(key: string): { readonly digest: Digest; readonly uploadId: string } | undefined {
  const [, algorithm, encoded, uploadId] = KEY.exec(key) ?? []
  const digest = `${algorithm}:${encoded}`
  return uploadId !== undefined && isDigest(digest) ? { digest, uploadId } : undefined
}

export function uploadPath(layout: Layout, id: string): string {
  return join(layout.uploads, id.slice(0, 2), id)
}
