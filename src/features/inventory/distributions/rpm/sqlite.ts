import { Pages, partOf } from './pages.ts'

/** https://www.sqlite.org/fileformat.html */
const MAGIC = 'SQLite format 3\0'
const FILE_HEADER_BYTES = 100
const LEAF = 0x0d
const INTERIOR = 0x05
const DEEPEST = 24

/** Whether a file is a database of SQLite. */
export function isSqlite(bytes: Uint8Array): boolean {
  return bytes.length >= 512 && Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') === MAGIC
}

type Value = number | Uint8Array | undefined

/**
 * The second column of the table `name`, row by row. It is read here, not by SQLite, since the file is a stranger's,
 * and often marked for a write-ahead log that is not there.
 * @throws Error when there is no such table, or the file is damaged.
 */
export function* secondColumn(bytes: Uint8Array, name: string): Generator<Uint8Array> {
  const database = new Database(bytes)
  const root = rootOf(database, name)
  for (const row of database.rows(root)) {
    const value = row[1]
    if (value instanceof Uint8Array) yield value
  }
}

/** The schema is a table too: kind, name, name of the table, first page, SQL. */
function rootOf(database: Database, name: string): number {
  for (const [kind, called, , root] of database.rows(1)) {
    if (textOf(kind) === 'table' && textOf(called) === name && typeof root === 'number') return root
  }
  throw new Error(`the database has no table ${name}`)
}

class Database {
  readonly #pages: Pages
  /** Of a page, without what is reserved at its end. */
  readonly #usable: number
  readonly #fileBytes: number

  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, FILE_HEADER_BYTES)
    const told = view.getUint16(16)
    const pageBytes = told === 1 ? 65_536 : told
    if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) !== 0)
      throw new Error(`the database has pages of ${pageBytes} bytes, which cannot be`)
    this.#usable = pageBytes - view.getUint8(20)
    if (this.#usable < 480) throw new Error('the database reserves more of its pages than it may')
    this.#pages = new Pages(bytes, pageBytes)
    this.#fileBytes = bytes.length
  }

  /** Pages are counted from 1. */
  *rows(root: number, depth = 0): Generator<readonly Value[]> {
    if (depth > DEEPEST) throw new Error('a table of the database is too deep')
    const page = this.#pages.take(root - 1)
    const at = root === 1 ? FILE_HEADER_BYTES : 0
    const kind = page.getUint8(at)
    if (kind !== LEAF && kind !== INTERIOR) throw new Error(`page ${root} of the database is of no table`)
    const cells = page.getUint16(at + 3)
    const pointers = at + (kind === LEAF ? 8 : 12)
    partOf(page, pointers, 2 * cells)
    for (let cell = 0; cell < cells; cell++) {
      const start = page.getUint16(pointers + 2 * cell)
      if (kind === LEAF) yield valuesOf(this.#payload(page, start))
      else yield* this.rows(uint32At(page, start), depth + 1)
    }
    if (kind === INTERIOR) yield* this.rows(page.getUint32(at + 8), depth + 1)
  }

  /** Of a cell: so much lies on the page, and the rest on a chain of others. */
  #payload(page: DataView, start: number): Uint8Array {
    const bytes = partOf(page, 0, page.byteLength)
    const [length, afterLength] = varintAt(bytes, start)
    const [, at] = varintAt(bytes, afterLength)
    if (length > this.#fileBytes) throw new Error('a row of the database is longer than the file')
    const local = this.#localBytes(length)
    const first = partOf(page, at, local)
    if (local === length) return first
    const parts = [first]
    let left = length - local
    for (let next = uint32At(page, at + local); left > 0; ) {
      const more = this.#pages.take(next - 1)
      const part = partOf(more, 4, Math.min(left, this.#usable - 4))
      parts.push(part)
      left -= part.length
      next = more.getUint32(0)
    }
    return Buffer.concat(parts)
  }

  #localBytes(length: number): number {
    const most = this.#usable - 35
    if (length <= most) return length
    const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23
    const fitting = least + ((length - least) % (this.#usable - 4))
    return fitting <= most ? fitting : least
  }
}

/** A record: a header of types, then the values. */
function valuesOf(record: Uint8Array): readonly Value[] {
  const [headerBytes, first] = varintAt(record, 0)
  if (headerBytes > record.length) throw new Error('a row of the database is damaged')
  const values: Value[] = []
  let at = headerBytes
  for (let next = first; next < headerBytes; ) {
    const [type, after] = varintAt(record, next)
    next = after
    const [value, length] = valueAt(record, at, type)
    values.push(value)
    at += length
  }
  return values
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0]

function valueAt(record: Uint8Array, at: number, type: number): readonly [Value, number] {
  const isBytes = type >= 12
  const length = isBytes ? Math.floor((type - 12) / 2) : (INTEGER_BYTES[type] ?? 0)
  if (at + length > record.length) throw new Error('a row of the database is damaged')
  const bytes = record.subarray(at, at + length)
  if (isBytes) return [bytes, length]
  if (type === 8 || type === 9) return [type - 8, 0]
  return [type === 0 ? undefined : bytes.reduce((value, byte) => value * 256 + byte, 0), length]
}

/** As many as nine bytes, seven bits in each. Gives the number and where it ends. */
function varintAt(bytes: Uint8Array, at: number): readonly [number, number] {
  let value = 0
  for (let index = 0; index < 8; index++) {
    const byte = bytes[at + index]
    if (byte === undefined) throw new Error('a number in the database reaches beyond its end')
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return [value, at + index + 1]
  }
  return [value * 256 + (bytes[at + 8] ?? 0), at + 9]
}

function uint32At(page: DataView, at: number): number {
  partOf(page, at, 4)
  return page.getUint32(at)
}

function textOf(value: Value): string | undefined {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined
}
