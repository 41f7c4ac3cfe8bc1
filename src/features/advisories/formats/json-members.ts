import { BadRecord } from './bad-record.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
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
  const member: Uint8Array[] = []
  let length = 0
  let depth = 0
  let isText = false
  let isEscaped = false
  let isOver = false
  const keep = (part: Uint8Array) => {
    length += part.byteLength
    if (length > mostBytes) throw new BadRecord(`A part of the document has more than ${mostBytes} bytes`)
    if (part.byteLength > 0) member.push(part.slice())
  }
  const take = () => {
    const text = Buffer.concat(member).toString('utf8').trim()
    member.length = 0
    length = 0
    return text === '' ? undefined : memberOf(text)
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number
      if (isText) {
        if (isEscaped) isEscaped = false
        else if (byte === BACKSLASH) isEscaped = true
        else if (byte === QUOTE) isText = false
        continue
      }
      if (depth === 0) {
        if (SPACE.has(byte)) continue
        if (isOver || byte !== 0x7b) throw new BadRecord('The document is no JSON object')
        depth = 1
        start = at + 1
      } else if (byte === QUOTE) isText = true
      else if (OPENING.has(byte)) depth += 1
      else if (CLOSING.has(byte)) {
        depth -= 1
        if (depth > 0) continue
        keep(chunk.subarray(start, at))
        const last = take()
        if (last) yield last
        isOver = true
        start = at + 1
      } else if (byte === COMMA && depth === 1) {
        keep(chunk.subarray(start, at))
        const next = take()
        if (!next) throw new BadRecord('The document is not JSON: there is nothing before a comma')
        yield next
        start = at + 1
      }
    }
    if (depth > 0) keep(chunk.subarray(start))
  }
  if (!isOver) throw new BadRecord('The document ends early')
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
