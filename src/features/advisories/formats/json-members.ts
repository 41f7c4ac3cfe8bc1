import { BadRecord } from './bad-record.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN = 0x7b
const OPENING = new Set([0x7b, 0x5b])
const CLOSING = new Set([0x7d, 0x5d])
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d])

/**
 * The members of a JSON object that is too large to be read whole, one after the other, each parsed by itself.
 * @param mostBytes of one member.
 * @throws BadRecord when it is no JSON object, ends early, or has a larger member; what the chunks throw.
 */
export async function* jsonMembers(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number,
): AsyncGenerator<readonly [string, unknown]> {
  const splitter = new Splitter()
  const member = new Member(mostBytes)
  for await (const chunk of chunks) {
    let start = splitter.depth === 0 ? chunk.length : 0
    for (let at = 0; at < chunk.length; at += 1) {
      const met = splitter.see(chunk[at] as number)
      if (met === undefined) continue
      if (met !== 'begin') yield* member.end(chunk.subarray(start, at), met)
      start = at + 1
    }
    if (splitter.depth > 0) member.add(chunk.slice(start))
  }
  if (!splitter.isOver) throw new BadRecord('The document ends early')
}

/** The bytes of one member, which may come in several chunks. */
class Member {
  readonly #mostBytes: number
  #parts: Uint8Array[] = []
  #length = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  add(part: Uint8Array): void {
    this.#length += part.byteLength
    if (this.#length > this.#mostBytes)
      throw new BadRecord(`A part of the document has more than ${this.#mostBytes} bytes`)
    if (part.byteLength > 0) this.#parts.push(part)
  }

  *end(part: Uint8Array, met: 'comma' | 'end'): Generator<readonly [string, unknown]> {
    this.add(part)
    const text = Buffer.concat(this.#parts).toString('utf8').trim()
    this.#parts = []
    this.#length = 0
    if (text !== '') yield memberOf(text)
    else if (met === 'comma') throw new BadRecord('The document is not JSON: there is nothing before a comma')
  }
}

/** Knows where in a JSON object it is, byte by byte. */
class Splitter {
  depth = 0
  isOver = false
  #isText = false
  #isEscaped = false

  /** Where the object begins, and what ends one of its members. */
  see(byte: number): 'begin' | 'comma' | 'end' | undefined {
    if (this.#isText) {
      this.#seeText(byte)
      return undefined
    }
    if (this.depth === 0) return this.#seeOutside(byte)
    if (byte === QUOTE) this.#isText = true
    else if (OPENING.has(byte)) this.depth += 1
    else if (CLOSING.has(byte)) {
      this.depth -= 1
      this.isOver = this.depth === 0
      return this.isOver ? 'end' : undefined
    }
    return byte === COMMA && this.depth === 1 ? 'comma' : undefined
  }

  #seeText(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === BACKSLASH) this.#isEscaped = true
    else if (byte === QUOTE) this.#isText = false
  }

  #seeOutside(byte: number): 'begin' | undefined {
    if (SPACE.has(byte)) return undefined
    if (this.isOver || byte !== OPEN) throw new BadRecord('The document is no JSON object')
    this.depth = 1
    return 'begin'
  }
}

function memberOf(text: string): readonly [string, unknown] {
  const [entry] = Object.entries(parseJson(`{${text}}`) as object)
  if (!entry) throw new BadRecord('The document is not JSON')
  return entry
}

/** @throws BadRecord. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new BadRecord(`It is not JSON: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}
