import { BadFile } from './bad-file.ts'

/** One document of a file: the file itself, or each file in an archive. */
export interface Document {
  /** Where it is: `Go/all.zip!/GO-2024-1.json`. */
  readonly name: string
  /** To be read to its end before the next document is asked for. @throws BadFile. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Nothing that is published is as large. */
export const MOST_UNPACKED_BYTES = 32 * 1024 ** 3

/** Counts what comes out of an archive: a bomb is found before it fills anything. */
export class Unpacked {
  readonly #name: string
  #bytes = 0
  constructor(name: string) {
    this.#name = name
  }

  add(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > MOST_UNPACKED_BYTES)
      throw new BadFile(`${this.#name} unpacks to more than ${MOST_UNPACKED_BYTES} bytes`)
  }
}
