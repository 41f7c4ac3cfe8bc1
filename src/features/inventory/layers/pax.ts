import { Refused } from '../refused.ts'

const NEWLINE = 0x0a
const SPACE = 0x20
const EQUALS = 0x3d
/** Keys whose values are names, which end at a NUL wherever they are used. */
const NAMES = new Set(['path', 'linkpath', 'GNU.sparse.name'])

/**
 * Reads the records of a pax header: `LENGTH KEY=VALUE\n`, one after another.
 * @throws Refused when it is not made like that.
 */
export function parsePax(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>()
  const sparse: string[] = []
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(SPACE, at)
    const length = space < 0 || space - at > 10 ? Number.NaN : decimal(text.toString('latin1', at, space))
    const end = at + length
    const equals = text.indexOf(EQUALS, space)
    const isWhole = end <= text.length && equals > space && equals < end && text[end - 1] === NEWLINE
    if (!isWhole) throw new Refused('A layer is damaged: a pax header in it is not well formed.')
    const key = text.toString('utf8', space + 1, equals)
    const value = text.toString('utf8', equals + 1, end - 1)
    if (NAMES.has(key) && value.includes('\0')) throw new Refused('A layer has a file whose name has a NUL in it.')
    // The sparse map of version 0.0: the same two keys again and again.
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') sparse.push(value)
    else records.set(key, value)
    at = end
  }
  if (sparse.length > 0) records.set('GNU.sparse.map', sparse.join(','))
  return records
}

/** @throws Refused when it is no whole number of zero or more. */
export function paxNumber(value: string, what: string): number {
  const number = decimal(value)
  if (Number.isNaN(number)) throw new Refused(`A layer is damaged: the ${what} in a pax header is no number.`)
  return number
}

function decimal(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
}
