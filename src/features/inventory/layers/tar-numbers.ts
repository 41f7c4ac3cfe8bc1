import { Refused } from '../refused.ts'

/**
 * A number field of a tar header: octal digits, or base 256 when the highest bit of the first byte is set.
 * @throws Refused when it is neither, below zero, or too large to count to.
 */
export function numberOf(block: Uint8Array, at: number, length: number, what: string): number {
  const first = block[at] ?? 0
  return first & 0x80 ? base256(block, at, length, what) : octal(block, at, length, what)
}

function octal(block: Uint8Array, at: number, length: number, what: string): number {
  let value = 0
  let digits = 0
  for (let index = at; index < at + length; index++) {
    const byte = block[index] ?? 0
    if (byte >= 0x30 && byte <= 0x37) {
      value = value * 8 + (byte - 0x30)
      digits++
    } else if (byte === 0 || byte === 0x20) {
      // Spaces and zeros stand before and after the digits, never between them.
      if (digits > 0) break
    } else {
      throw new Refused(`A layer is damaged: the ${what} in a tar header is no number.`)
    }
  }
  return value
}

function base256(block: Uint8Array, at: number, length: number, what: string): number {
  if ((block[at] ?? 0) & 0x40) throw new Refused(`A layer is damaged: the ${what} in a tar header is below zero.`)
  let value = (block[at] ?? 0) & 0x3f
  for (let index = at + 1; index < at + length; index++) {
    value = value * 256 + (block[index] ?? 0)
    if (value > Number.MAX_SAFE_INTEGER)
      throw new Refused(`A layer is damaged: the ${what} in a tar header is impossibly large.`)
  }
  return value
}
