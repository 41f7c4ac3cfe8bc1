import { createHash } from 'node:crypto'
import { algorithmOf, type Digest, encodedOf } from '../../oci/index.ts'

/** The content, not the place it is written to, is at fault. */
export class DamagedContent extends Error {
  override readonly name = 'DamagedContent'
}

/**
 * Passes the bytes on, counted and hashed on the way.
 * @throws DamagedContent as soon as they are too many, and at the end when they are too few or not those of the digest.
 */
export async function* checkedBytes(
  bytes: AsyncIterable<Uint8Array>,
  { digest, sizeBytes }: { readonly digest: Digest; readonly sizeBytes: number },
): AsyncGenerator<Uint8Array> {
  const hash = createHash(algorithmOf(digest))
  let length = 0
  const pieces = bytes[Symbol.asyncIterator]()
  try {
    for (;;) {
      // Only reading is guarded: whoever takes the pieces may throw its own error into the yield.
      const next = await pieces.next().catch(error => {
        if (error instanceof DamagedContent) throw error
        throw new DamagedContent(`It cannot be read: ${error instanceof Error ? error.message : String(error)}`)
      })
      if (next.done) break
      length += next.value.length
      if (length > sizeBytes) throw new DamagedContent(`It has more than ${sizeBytes} bytes.`)
      hash.update(next.value)
      yield next.value
    }
  } finally {
    await pieces.return?.()
  }
  if (length < sizeBytes) throw new DamagedContent(`It has ${length} bytes instead of ${sizeBytes}.`)
  if (hash.digest('hex') !== encodedOf(digest)) throw new DamagedContent('Its bytes do not have its digest.')
}
