import { createHash, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

const HIDDEN = '[secret]'

/** A password, key or token that cannot be printed by accident: only {@link reveal} gives it. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  get isEmpty(): boolean {
    return this.#value === ''
  }

  /** In constant time, whatever the lengths. */
  equals(other: Secret): boolean {
    return timingSafeEqual(digest(this.#value), digest(other.#value))
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}

function digest(value: string): Uint8Array {
  return createHash('sha256').update(value).digest()
}
