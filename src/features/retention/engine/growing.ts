type Numbers = Float64Array | Int32Array | Uint8Array

/** Numbers that come one by one, without an object for each. */
export class Growing<Kind extends Numbers> {
  #numbers: Kind
  readonly #make: (size: number) => Kind
  #size = 0

  /** @param expected as many as will come: then nothing is ever copied. */
  constructor(make: (size: number) => Kind, expected = 1024) {
    this.#make = make
    this.#numbers = make(Math.max(expected, 1))
  }

  get size(): number {
    return this.#size
  }

  at(index: number): number {
    return this.#numbers[index] as number
  }

  set(index: number, value: number): void {
    this.#numbers[index] = value
  }

  push(value: number): void {
    if (this.#size === this.#numbers.length) {
      const larger = this.#make(this.#size * 2)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    this.#numbers[this.#size] = value
    this.#size += 1
  }

  /** Not copied: whoever has it sees what is changed in it, and nothing may be added any more. */
  numbers(): Kind {
    return this.#numbers.subarray(0, this.#size) as Kind
  }
}

export const floats = (size: number) => new Float64Array(size)
export const integers = (size: number) => new Int32Array(size)
export const bytes = (size: number) => new Uint8Array(size)
