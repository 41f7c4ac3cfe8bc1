/**
 * Below the prefix of the bucket:
 *
 *   objects/0f/0f3c….<random>      a stored object, or a piece of an upload under way: the upload's id, then its own name
 *   quarantine/0f/0f3c….<random>   what verification found damaged or unknown, under its old name
 *   storage.id                     the mark that ties the storage to its metadata
 *
 * No name is written twice, not even by a request that was thought dead. Digests are in the metadata only: an object
 * is under its name before its digest is known, so that nothing ever has to be copied (docs/decisions/0007).
 */
export interface Layout {
  readonly objects: string
  readonly quarantine: string
  readonly mark: string
}

/** @param prefix "" or one that ends in "/". */
export function layoutOf(prefix: string): Layout {
  return { objects: `${prefix}objects/`, quarantine: `${prefix}quarantine/`, mark: `${prefix}storage.id` }
}

/** The storage key of a new object of this upload; not used before. */
export function newKey(uploadId: string): string {
  return `${keyPrefix(uploadId)}${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`
}

export function keyPrefix(uploadId: string): string {
  return `${uploadId.slice(0, 2)}/${uploadId}.`
}

const KEY = /^[^/]{2}\/([A-Za-z0-9-]+)\.[a-f0-9]{16}$/

/** Undefined for an object that is none of Berth's. */
export function uploadIdOf(key: string): string | undefined {
  return KEY.exec(key)?.[1]
}
