import { release } from '../release.ts'
import type { Bucket } from './bucket.ts'
import { Turns } from './turns.ts'
import type { Parts } from './upload-state.ts'

const MOST_PARTS = 10_000
/** Parts on their way at once, of all uploads: with one that is filled for each upload, all the memory that parts take. */
const AT_ONCE = 3
const turns = new Turns(AT_ONCE)
/** After so many parts they grow, so that ten thousand are enough for 5 TiB whose length nobody declared. */
const TIER = 1000

/** Cuts what it is given into parts, and sends them while the next is filled. */
export class PartWriter {
  readonly #bucket: Bucket
  readonly #declaredBytes: number
  #parts: Parts
  #part: Uint8Array | undefined
  #heldBytes = 0
  readonly #inFlight = new Set<Promise<void>>()
  #failure: unknown

  /** @param declaredBytes of the whole upload, as far as it is known. */
  constructor(bucket: Bucket, parts: Parts, declaredBytes: number) {
    this.#bucket = bucket
    this.#parts = { ...parts, names: [...parts.names] }
    this.#declaredBytes = declaredBytes
  }

  /** Copies `bytes`: what comes in small pieces is not kept in memory by them. */
  async write(bytes: Uint8Array): Promise<void> {
    let rest = bytes
    while (rest.length > 0) {
      this.#part ??= Buffer.allocUnsafeSlow(this.#partBytes())
      const taken = rest.subarray(0, this.#part.length - this.#heldBytes)
      this.#part.set(taken, this.#heldBytes)
      this.#heldBytes += taken.length
      rest = rest.subarray(taken.length)
      if (this.#heldBytes === this.#part.length) await this.#send(this.#part)
    }
  }

  /** Waits for what is on its way. Gives the parts, and the bytes that are too few for one. */
  async end(): Promise<{ readonly parts: Parts; readonly rest: Uint8Array }> {
    await Promise.all(this.#inFlight)
    if (this.#failure !== undefined) throw this.#failure
    return { parts: this.#parts, rest: this.#part?.subarray(0, this.#heldBytes) ?? new Uint8Array() }
  }

  #partBytes(): number {
    const { leastPartBytes } = this.#bucket
    const tier = Math.floor(this.#parts.names.length / TIER)
    return Math.max(leastPartBytes * 2 ** tier, Math.ceil(this.#declaredBytes / (MOST_PARTS - TIER)))
  }

  async #send(part: Uint8Array): Promise<void> {
    // Whoever sends the bytes waits too.
    await turns.take()
    this.#part = undefined
    this.#heldBytes = 0
    const index = this.#parts.names.push('') - 1
    this.#parts.sizeBytes += part.length
    const sending = this.#put(index, part).finally(() => {
      this.#inFlight.delete(sending)
      turns.pass()
    })
    this.#inFlight.add(sending)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Never fails itself: what went wrong is told by whoever waits for it. */
  async #put(index: number, part: Uint8Array): Promise<void> {
    try {
      this.#parts.names[index] = await this.#bucket.putPart(this.#parts, index + 1, part)
      release(part)
    } catch (error) {
      this.#failure ??= error
    }
  }
}
