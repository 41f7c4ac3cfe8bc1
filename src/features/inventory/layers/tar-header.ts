import { Refused } from '../refused.ts'
import { numberOf } from './tar-numbers.ts'

export const BLOCK_BYTES = 512

export interface TarHeader {
  readonly name: string
  readonly linkName: string
  /** One character: '0' a file, '5' a folder, 'x' a pax header… */
  readonly type: string
  readonly mode: number
  /** That follow the header; not yet rounded to blocks. */
  readonly sizeBytes: number
}

const NAME = { at: 0, length: 100 }
const LINK_NAME = { at: 157, length: 100 }
const PREFIX = { at: 345, length: 155 }
const CHECKSUM_AT = 148

/** @throws Refused when the checksum is wrong or a number is none. */
export function parseHeader(block: Uint8Array): TarHeader {
  const text = Buffer.from(block.buffer, block.byteOffset, BLOCK_BYTES)
  checkSum(text)
  const short = stringAt(text, NAME)
  // Only POSIX headers have a prefix; GNU's have times in its place.
  const isPosix = text.toString('latin1', 257, 263) === 'ustar\0'
  const prefix = isPosix ? stringAt(text, PREFIX) : ''
  return {
    name: prefix === '' ? short : `${prefix}/${short}`,
    linkName: stringAt(text, LINK_NAME),
    type: String.fromCharCode(text[156] ?? 0),
    mode: numberOf(text, 100, 8, 'mode') & 0o7777,
    sizeBytes: numberOf(text, 124, 12, 'size'),
  }
}

export function isZeroBlock(block: Uint8Array): boolean {
  for (let at = 0; at < BLOCK_BYTES; at++) if (block[at] !== 0) return false
  return true
}

/** Old writers took the bytes as signed ones. */
function checkSum(block: Uint8Array): void {
  const told = numberOf(block, CHECKSUM_AT, 8, 'checksum')
  let sum = 8 * 0x20
  let high = 0
  for (let at = 0; at < BLOCK_BYTES; at++) {
    if (at === CHECKSUM_AT) at += 8
    const byte = block[at] ?? 0
    sum += byte
    if (byte > 127) high++
  }
  if (told !== sum && told !== sum - high * 256)
    throw new Refused('A layer is damaged: a tar header in it has a wrong checksum.')
}

function stringAt(block: Buffer, { at, length }: { readonly at: number; readonly length: number }): string {
  const zero = block.indexOf(0, at)
  const end = zero < 0 || zero > at + length ? at + length : zero
  return block.toString('utf8', at, end)
}
