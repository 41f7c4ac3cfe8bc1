import { closeSync, ftruncateSync, openSync } from 'node:fs'

const BYTES = 64

/**
 * Counts the commits to a database, in memory that all processes on it share: a file beside the database, mapped. Who
 * reads the same number twice knows that nothing was acknowledged in between, without a call to the kernel.
 */
export class ChangeCounter {
  readonly #counter: Int32Array

  /** @param path made when missing; what it holds means nothing after the last process ended. */
  constructor(path: string) {
    const file = openSync(path, 'a+')
    try {
      ftruncateSync(file, BYTES)
    } finally {
      closeSync(file)
    }
    const mapped = Bun.mmap(path, { shared: true })
    this.#counter = new Int32Array(mapped.buffer, mapped.byteOffset, BYTES / Int32Array.BYTES_PER_ELEMENT)
  }

  value(): number {
    return Atomics.load(this.#counter, 0)
  }

  /** To be called when a commit is done and before anybody is told of it. */
  increment(): void {
    Atomics.add(this.#counter, 0, 1)
  }
}
