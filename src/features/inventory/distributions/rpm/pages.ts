/** A file that is made of pages, each of which belongs to one thing only: whoever leads to one twice goes in a circle. */
export class Pages {
  readonly #bytes: Uint8Array
  readonly #pageBytes: number
  readonly #isTaken: Uint8Array

  constructor(bytes: Uint8Array, pageBytes: number) {
    this.#bytes = bytes
    this.#pageBytes = pageBytes
    this.#isTaken = new Uint8Array(Math.floor(bytes.length / pageBytes))
  }

  get count(): number {
    return this.#isTaken.length
  }

  /** By number, from 0. @throws Error when there is none, or it was taken before. */
  take(number: number): DataView {
    const view = this.look(number)
    if (this.#isTaken[number] === 1) throw new Error(`page ${number} of the database is in two places at once`)
    this.#isTaken[number] = 1
    return view
  }

  /** @throws Error when there is none. */
  look(number: number): DataView {
    if (number >= this.count) throw new Error(`page ${number} of the database is not there`)
    const at = this.#bytes.byteOffset + number * this.#pageBytes
    return new DataView(this.#bytes.buffer, at, this.#pageBytes)
  }
}

/** Part of a page. @throws Error when it reaches beyond it. */
export function partOf(page: DataView, at: number, length: number): Uint8Array {
  if (at + length > page.byteLength) throw new Error('something in the database reaches beyond its page')
  return new Uint8Array(page.buffer, page.byteOffset + at, length)
}
