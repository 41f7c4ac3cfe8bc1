import { createHash, type Hash } from 'node:crypto'
import { type Digest, type DigestAlgorithm, parseDigest } from '../../../oci/index.ts'

export interface RunningHash {
  readonly algorithm: DigestAlgorithm
  readonly hash: Hash
  /** How many bytes from the beginning it has taken in. */
  lengthBytes: number
}

/** Of the bytes up to here; more can follow. */
export function digestSoFar({ algorithm, hash }: RunningHash): Digest {
  return parseDigest(`${algorithm}:${hash.copy().digest('hex')}`)
}

const MAX_KEPT = 10_000

/**
 * Hashes of uploads between two of their requests. Only a short cut: a request that finds none, because another
 * process took the chunk before, has the digest that process left, or lets the finished upload be read once more.
 */
export class UploadHashes {
  readonly #kept = new Map<string, RunningHash>()

  /** A hash that has taken in exactly `lengthBytes` bytes, or undefined. It is the caller's until it is kept again. */
  take(id: string, algorithm: DigestAlgorithm, lengthBytes: number): RunningHash | undefined {
    const kept = this.#kept.get(id)
    this.#kept.delete(id)
    if (kept?.algorithm === algorithm && kept.lengthBytes === lengthBytes) return kept
    return lengthBytes === 0 ? { algorithm, hash: createHash(algorithm), lengthBytes: 0 } : undefined
  }

  keep(id: string, running: RunningHash): void {
    const oldest = this.#kept.keys().next()
    if (this.#kept.size >= MAX_KEPT && !oldest.done) this.#kept.delete(oldest.value)
    this.#kept.set(id, running)
  }

  forget(id: string): void {
    this.#kept.delete(id)
  }
}
