import { Pages, partOf } from './pages.ts'

const MAGIC = 0x061561
const PAGE_HEADER_BYTES = 26
const OVERFLOW_PAGE = 7
/** Hash pages, and what version 8 called them. */
const HASH_PAGES = new Set([13, 2])
/** An item that lies on its page, and one that has pages of its own. */
const INLINE = 1
const OFF_PAGE = 3
/** Item number 0 is a counter; no header of a package is as short. */
const SHORTEST_BYTES = 32

/** Whether a file is a hash of Berkeley DB, in either byte order. */
export function isBerkeley(bytes: Uint8Array): boolean {
  return bytes.length >= 512 && orderOf(bytes) !== undefined
}

/**
 * The values of a Berkeley DB hash, as rpm used it before 4.16: a page of figures, then pages of keys and values, whose
 * long values are chains of pages.
 * @throws Error when it is damaged.
 */
export function* berkeleyValues(bytes: Uint8Array): Generator<Uint8Array> {
  const isLittle = orderOf(bytes) === 'little'
  const figures = new DataView(bytes.buffer, bytes.byteOffset, 512)
  const pageBytes = figures.getUint32(20, isLittle)
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0)
    throw new Error(`the database has pages of ${pageBytes} bytes, which cannot be`)
  if (figures.getUint8(24) !== 0) throw new Error('the database is encrypted')
  const pages = new Pages(bytes, pageBytes)
  for (let number = 1; number < pages.count; number++) {
    const page = pages.look(number)
    if (!HASH_PAGES.has(page.getUint8(25))) continue
    const items = page.getUint16(20, isLittle)
    if (PAGE_HEADER_BYTES + 2 * items > pageBytes) throw new Error('a page of the database has too many items')
    // Keys and values by turns; only values are packages.
    for (let item = 1; item < items; item += 2) {
      const at = page.getUint16(PAGE_HEADER_BYTES + 2 * item, isLittle)
      const end = page.getUint16(PAGE_HEADER_BYTES + 2 * (item - 1), isLittle)
      const value = valueAt(pages, page, { at, end, isLittle })
      if (value !== undefined && value.length >= SHORTEST_BYTES) yield value
    }
  }
}

function valueAt(
  pages: Pages,
  page: DataView,
  { at, end, isLittle }: { readonly at: number; readonly end: number; readonly isLittle: boolean },
): Uint8Array | undefined {
  const kind = partOf(page, at, 1)[0]
  // Items lie from the end of the page towards its start, so one ends where the one before it begins.
  if (kind === INLINE) return end > at ? partOf(page, at + 1, end - at - 1) : undefined
  if (kind !== OFF_PAGE) return undefined
  partOf(page, at, 12)
  return chain(pages, page.getUint32(at + 4, isLittle), page.getUint32(at + 8, isLittle), isLittle)
}

function chain(pages: Pages, first: number, wantedBytes: number, isLittle: boolean): Uint8Array {
  const parts: Uint8Array[] = []
  let held = 0
  for (let number = first; number !== 0 && held < wantedBytes; ) {
    const page = pages.take(number)
    if (page.getUint8(25) !== OVERFLOW_PAGE) throw new Error(`page ${number} of the database is none of a long value`)
    number = page.getUint32(16, isLittle)
    const length = number === 0 ? page.getUint16(22, isLittle) : page.byteLength - PAGE_HEADER_BYTES
    parts.push(partOf(page, PAGE_HEADER_BYTES, length))
    held += length
  }
  return Buffer.concat(parts).subarray(0, wantedBytes)
}

function orderOf(bytes: Uint8Array): 'little' | 'big' | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(12, true) === MAGIC) return 'little'
  return view.getUint32(12, false) === MAGIC ? 'big' : undefined
}
