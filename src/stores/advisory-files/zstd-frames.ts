const FRAME_MAGIC = 0xfd2fb528
const MAGIC_BYTES = 4
const BLOCK_HEADER_BYTES = 3
/** Bytes of the dictionary's id and of the content's size, by what the descriptor has for them (RFC 8878). */
const DICTIONARY_BYTES = [0, 1, 2, 4]
const CONTENT_BYTES = [0, 2, 4, 8]

/**
 * Follows frames and blocks of Zstandard (RFC 8878) as they go by. The decompressor does not tell when its input ends
 * in the middle of one.
 */
export class ZstdFrames {
  #waiting = Buffer.alloc(0)
  #skipBytes = 0
  #step: 'magic' | 'descriptor' | 'block' | 'skippable' = 'magic'
  #hasChecksum = false
  #isFrameOver = false

  see(chunk: Uint8Array): void {
    this.#waiting = Buffer.concat([this.#waiting, chunk])
    for (;;) {
      const skipped = Math.min(this.#skipBytes, this.#waiting.length)
      this.#skipBytes -= skipped
      this.#waiting = this.#waiting.subarray(skipped)
      if (this.#skipBytes > 0 || !this.#advance()) return
    }
  }

  /** Nothing is missing from what went by. */
  get isWhole(): boolean {
    const isBetween = this.#step === 'magic' || this.#isFrameOver
    return isBetween && this.#skipBytes === 0 && this.#waiting.length === 0
  }

  /** False while too little is there. */
  #advance(): boolean {
    if (this.#isFrameOver) {
      this.#isFrameOver = false
      this.#step = 'magic'
    }
    if (this.#step === 'magic')
      return this.#take(MAGIC_BYTES, bytes => {
        this.#step = bytes.readUInt32LE(0) === FRAME_MAGIC ? 'descriptor' : 'skippable'
      })
    if (this.#step === 'skippable')
      return this.#take(4, bytes => {
        this.#skipBytes = bytes.readUInt32LE(0)
        this.#isFrameOver = true
      })
    if (this.#step === 'descriptor') return this.#take(1, bytes => this.#describe(bytes.readUInt8(0)))
    return this.#take(BLOCK_HEADER_BYTES, bytes => this.#block(bytes.readUIntLE(0, BLOCK_HEADER_BYTES)))
  }

  #take(bytes: number, use: (bytes: Buffer) => void): boolean {
    if (this.#waiting.length < bytes) return false
    use(this.#waiting.subarray(0, bytes))
    this.#waiting = this.#waiting.subarray(bytes)
    return true
  }

  #describe(descriptor: number): void {
    const isSingle = (descriptor & 0x20) !== 0
    this.#hasChecksum = (descriptor & 0x04) !== 0
    const content = descriptor >> 6 === 0 ? Number(isSingle) : (CONTENT_BYTES[descriptor >> 6] as number)
    this.#skipBytes = Number(!isSingle) + (DICTIONARY_BYTES[descriptor & 3] as number) + content
    this.#step = 'block'
  }

  #block(header: number): void {
    // A run of one byte is one byte, however long it gets.
    this.#skipBytes = ((header >> 1) & 3) === 1 ? 1 : header >> 3
    if ((header & 1) === 0) return
    this.#skipBytes += this.#hasChecksum ? 4 : 0
    this.#isFrameOver = true
  }
}
