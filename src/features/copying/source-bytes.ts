import { createHash } from 'node:crypto'
import { algorithmOf, encodedOf } from '../../oci/index.ts'
import { Unavailable } from '../../platform/outcome/index.ts'
import type { BlobRecord } from '../../stores/metadata/index.ts'
import { type BlobSource, Interrupted, SourceFault } from './copy.ts'

export interface Observers {
  readonly signal?: AbortSignal | undefined
  readonly onBytes?: ((bytes: number) => void) | undefined
}

/** Only the source's own failures become its faults, and not that it cannot be reached. */
export async function* sourceBytes(
  source: BlobSource,
  record: BlobRecord,
  { signal, onBytes }: Observers,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of await source.read(record)) {
      if (signal?.aborted) throw new Interrupted()
      onBytes?.(bytes.length)
      yield bytes
    }
  } catch (error) {
    if (error instanceof SourceFault || error instanceof Unavailable || error instanceof Interrupted) throw error
    throw new SourceFault(`It cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** @throws SourceFault at the end when they are not those of the digest. */
export async function* checkedBytes(
  source: BlobSource,
  record: BlobRecord,
  observers: Observers,
): AsyncGenerator<Uint8Array> {
  const { digest, size_bytes: sizeBytes } = record
  const hash = createHash(algorithmOf(digest))
  let length = 0
  for await (const bytes of sourceBytes(source, record, observers)) {
    hash.update(bytes)
    length += bytes.length
    yield bytes
  }
  if (length !== sizeBytes) throw new SourceFault(`It has ${length} bytes instead of ${sizeBytes}.`)
  if (hash.digest('hex') !== encodedOf(digest)) throw new SourceFault('Its bytes do not have its digest.')
}
