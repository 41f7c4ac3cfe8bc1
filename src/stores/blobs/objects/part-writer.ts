import type { Bucket } from './bucket.ts'
import type { Parts } from './upload-state.ts'

const MOST_PARTS = 10_000
/** One is filled while one or two are on their way. */
const IN_FLIGHT = 2
/** After so many parts they grow, so that ten thousand are enough for 5 TiB whose length nobody declared. */
const TIER = 1000

/** Cuts what it is given into parts, and sends them while the next is filled. Memory: three parts. */
export class PartWriter {
  readonly #bucket: Bucket
  readonly #declaredBytes: number
  #parts: Parts
  #pieces: Uint8Array[] = []
  #heldBytes = 0
  readonly #inFlight = new Set<Promise<void>>()
  #failure: unknown

  /** @param declaredBytes of the whole upload, as far as it is known. */
  constructor(bucket: Bucket, parts: Parts, declaredBytes: number) {
    this.#bucket = bucket
    this.#parts = { ...parts, names: [...parts.names] }
    this.#declaredBytes = declaredBytes
  }

  /** Keeps `bytes`; they may not be changed afterwards. */
  async write(bytes: Uint8Array): Promise<void> {
    let rest = bytes
    while (rest.length > 0) {
      const taken = rest.subarray(0, this.#partBytes() - this.#heldBytes)
      this.#pieces.push(taken)
      this.#heldBytes += taken.length
      rest = rest.subarray(taken.length)
      if (this.#heldBytes === this.#partBytes()) await this.#send()
    }
  }

  /** Waits for what is on its way. Gives the parts, and the bytes that are too few for one. */
  async end(): Promise<{ readonly parts: Parts; readonly rest: Uint8Array }> {
    await Promise.all(this.#inFlight)
    if (this.#failure !== undefined) throw this.#failure
    return { parts: this.#parts, rest: Buffer.concat(this.#pieces, this.#heldBytes) }
  }

  #partBytes(): number {
    const { leastPartBytes } = this.#bucket
    const tier = Math.floor(this.#parts.names.length / TIER)
    return Math.max(leastPartBytes * 2 ** tier, Math.ceil(this.#declaredBytes / (MOST_PARTS - TIER)))
  }

  async #send(): Promise<void> {
    const bytes = Buffer.concat(this.#pieces, this.#heldBytes)
    this.#pieces = []
    this.#heldBytes = 0
    const index = this.#parts.names.push('') - 1
    this.#parts.sizeBytes += bytes.length
    const sending = this.#put(index, bytes).finally(() => this.#inFlight.delete(sending))
    this.#inFlight.add(sending)
    if (this.#inFlight.size >= IN_FLIGHT) await Promise.race(this.#inFlight)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Never fails itself: what went wrong is told by whoever waits for it. */
  async #put(index: number, bytes: Uint8Array): Promise<void> {
    try {
      this.#parts.names[index] = await this.#bucket.putPart(this.#parts, index + 1, bytes)
      collect(bytes.length)
    } catch (error) {
      this.#failure ??= error
    }
  }
}

/** Of what was sent, so much may lie about. */
const COLLECT_BYTES = 20 << 20
let sentBytes = 0

/**
 * Bun copies the body of each request it sends, and does not count the copy as memory that a collection would free: with
 * its own timing a push of 1 GiB took 290 MiB at its peak, with this 150 MiB, and no longer.
 */
function collect(bytes: number): void {
  sentBytes += bytes
  if (sentBytes < COLLECT_BYTES) return
  sentBytes = 0
  Bun.gc(true)
}
