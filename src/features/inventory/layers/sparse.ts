import { Refused } from '../refused.ts'
import { BLOCK_BYTES } from './tar-header.ts'
import { numberOf } from './tar-numbers.ts'

/** Which parts of a file with holes are stored, one after another; the rest is zeros. */
export interface SparseMap {
  readonly realBytes: number
  readonly pieces: readonly Piece[]
}

export interface Piece {
  readonly offset: number
  readonly length: number
}

const MOST_PIECES = 65_536
const ENTRY_BYTES = 24

/** Of an old GNU header, or of the block after it that goes on with its list. */
export function oldPieces(block: Uint8Array, at: number, count: number): readonly Piece[] {
  const pieces: Piece[] = []
  for (let entry = at; entry < at + count * ENTRY_BYTES && block[entry] !== 0; entry += ENTRY_BYTES) {
    const offset = numberOf(block, entry, 12, 'offset of a piece')
    pieces.push({ offset, length: numberOf(block, entry + 12, 12, 'length of a piece') })
  }
  return pieces
}

/**
 * Of pax versions 0.0 and 0.1: `offset,length,offset,length…`; of 1.0 the same with newlines in between.
 * @throws Refused when one is no number.
 */
export function piecesOf(numbers: readonly string[]): readonly Piece[] {
  const values = numbers.map(text => (/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN))
  if (values.length % 2 !== 0 || values.some(Number.isNaN)) throw damaged('its list of pieces is not well formed')
  return Array.from({ length: values.length / 2 }, (_, index) => ({
    offset: values[2 * index] ?? 0,
    length: values[2 * index + 1] ?? 0,
  }))
}

/** @throws Refused when the pieces are not in order, do not fit, or are not what is stored. */
export function checkSparse({ realBytes, pieces }: SparseMap, storedBytes: number): void {
  let end = 0
  let sum = 0
  for (const { offset, length } of pieces) {
    if (offset < end) throw damaged('its pieces overlap')
    end = offset + length
    sum += length
  }
  if (end > realBytes || sum !== storedBytes) throw damaged('its pieces do not fit its size')
}

/** @throws Refused when there are more than anybody needs. */
export function checkCount(pieces: number): void {
  if (pieces > MOST_PIECES) throw damaged(`it is in more than ${MOST_PIECES} pieces`)
}

/** How many blocks the map of version 1.0 takes is known once its numbers are there; undefined until then. */
export function mapInContent(text: string): { readonly pieces: readonly Piece[]; readonly bytes: number } | undefined {
  const count = /^(\d{1,6})\n/.exec(text)
  if (count === null) {
    if (text.length >= BLOCK_BYTES) throw damaged('its list of pieces is not well formed')
    return undefined
  }
  checkCount(Number(count[1]))
  const numbers = text.slice(count[0].length).split('\n')
  const wanted = 2 * Number(count[1])
  if (numbers.length <= wanted) return undefined
  return { pieces: piecesOf(numbers.slice(0, wanted)), bytes: text.length }
}

/** The file as a program would read it. */
export function expand({ realBytes, pieces }: SparseMap, stored: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(realBytes)
  let at = 0
  for (const { offset, length } of pieces) {
    bytes.set(stored.subarray(at, at + length), offset)
    at += length
  }
  return bytes
}

function damaged(reason: string): Refused {
  return new Refused(`A layer is damaged: it has a file with holes and ${reason}.`)
}
