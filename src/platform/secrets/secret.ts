import { createHash, timingSafeEqual } from 'node:crypto'

const PRINTED = '[secret]'

/** A text that is not printed, logged or sent by accident: only {@link reveal} gives it. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  /** In a time that does not depend on where they differ. */
  equals(other: string): boolean {
    const digest = (text: string) => createHash('sha256').update(text).digest()
    return timingSafeEqual(digest(this.#text), digest(other))
  }

  toString(): string {
    return PRINTED
  }

  toJSON(): string {
    return PRINTED
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return PRINTED
  }
}
