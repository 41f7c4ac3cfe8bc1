import { floats, Growing } from './growing.ts'

/** Hexadecimal digits that a double holds exactly. */
const DIGITS = 13
const FIRST_SIZE = 2048

/**
 * Numbers digests from 0 on, in the order in which they come, by their first 104 bits: a million of them take 30 MiB.
 * (Two that begin alike would take somebody 2^52 tries; what is deleted is looked at again by its whole digest.)
 */
export class DigestTable {
  readonly #first = new Growing(floats)
  readonly #second = new Growing(floats)
  #slots = new Int32Array(FIRST_SIZE).fill(-1)

  get size(): number {
    return this.#first.size
  }

  /** The number of the digest, a new one when it has none. */
  add(digest: string): number {
    const [first, second] = partsOf(digest)
    const slot = this.#slotOf(first, second)
    const found = this.#slots[slot] as number
    if (found >= 0) return found
    const added = this.size
    this.#first.push(first)
    this.#second.push(second)
    this.#slots[slot] = added
    if (this.size * 2 > this.#slots.length) this.#rehash()
    return added
  }

  /** -1 when it has none. */
  find(digest: string): number {
    const [first, second] = partsOf(digest)
    return this.#slots[this.#slotOf(first, second)] as number
  }

  /** Where it is, or would be. */
  #slotOf(first: number, second: number): number {
    const mask = this.#slots.length - 1
    // The digits are as good as random already.
    let slot = first & mask
    for (;;) {
      const at = this.#slots[slot] as number
      if (at < 0 || (this.#first.at(at) === first && this.#second.at(at) === second)) return slot
      slot = (slot + 1) & mask
    }
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    for (let at = 0; at < this.size; at += 1) this.#slots[this.#slotOf(this.#first.at(at), this.#second.at(at))] = at
  }
}

function partsOf(digest: string): readonly [number, number] {
  const start = digest.indexOf(':') + 1
  return [
    Number.parseInt(digest.slice(start, start + DIGITS), 16),
    Number.parseInt(digest.slice(start + DIGITS, start + 2 * DIGITS), 16),
  ]
}
