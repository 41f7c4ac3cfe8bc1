/** What a parent writes to its worker: a kind of one byte, a length of four, and so many bytes. */
export const FRAME = { image: 1, bytes: 2, endOfLayer: 3, notHeld: 4 } as const
export type FrameKind = (typeof FRAME)[keyof typeof FRAME]

const HEADER_BYTES = 5

/** What both kinds of streams' readers have in common. */
export interface ByteReader {
  read(): Promise<{ readonly value?: Uint8Array | undefined; readonly done: boolean }>
  cancel(): Promise<void>
}

export function frameHeader(kind: FrameKind, length: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES)
  header[0] = kind
  new DataView(header.buffer).setUint32(1, length)
  return header
}

/** Reads frames; contents are given piece by piece as they come, without being copied. */
export class FrameReader {
  readonly #source: ByteReader
  #chunk: Uint8Array = new Uint8Array()
  #left = 0

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#source = stream.getReader()
  }

  /** The kind of the next frame, after the rest of the last one; undefined at the end. */
  async next(): Promise<number | undefined> {
    while ((await this.piece()) !== undefined);
    const header = new Uint8Array(HEADER_BYTES)
    for (let at = 0; at < HEADER_BYTES; ) {
      const part = await this.#take(HEADER_BYTES - at)
      if (part === undefined) return undefined
      header.set(part, at)
      at += part.length
    }
    this.#left = new DataView(header.buffer).getUint32(1)
    return header[0]
  }

  /** The next bytes of the frame; undefined when it has no more. */
  async piece(): Promise<Uint8Array | undefined> {
    if (this.#left === 0) return undefined
    const part = await this.#take(this.#left)
    this.#left = part === undefined ? 0 : this.#left - part.length
    return part
  }

  async #take(most: number): Promise<Uint8Array | undefined> {
    while (this.#chunk.length === 0) {
      const { value, done } = await this.#source.read()
      if (done) return undefined
      this.#chunk = value ?? this.#chunk
    }
    const part = this.#chunk.subarray(0, most)
    this.#chunk = this.#chunk.subarray(part.length)
    return part
  }
}
