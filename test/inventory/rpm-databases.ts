import { Database } from 'bun:sqlite'

export interface MadeRpm {
  readonly name: string
  readonly version: string
  readonly release: string
  readonly epoch?: number
  readonly sourceRpm?: string
  /** Of a summary, to make the header as long as a real one. */
  readonly padBytes?: number
}

const STRING = 6
const INT32 = 4

/** A package's header as rpm's databases hold it. */
export function rpmHeaderOf({ name, version, release, epoch, sourceRpm, padBytes = 6000 }: MadeRpm): Buffer {
  const tags: [number, number, Buffer][] = [
    [1000, STRING, text(name)],
    [1001, STRING, text(version)],
    [1002, STRING, text(release)],
    [1004, STRING, text('x'.repeat(padBytes))],
    [1014, STRING, text('MIT')],
    [1022, STRING, text('x86_64')],
  ]
  if (sourceRpm !== undefined) tags.push([1044, STRING, text(sourceRpm)])
  if (epoch !== undefined) tags.unshift([1003, INT32, uint32(epoch)])
  let offset = 0
  const index = tags.map(([tag, type, data]) => {
    const entry = Buffer.concat([uint32(tag), uint32(type), uint32(offset), uint32(1)])
    offset += data.length
    return entry
  })
  return Buffer.concat([uint32(tags.length), uint32(offset), ...index, ...tags.map(([, , data]) => data)])
}

export function sqliteOf(headers: readonly Uint8Array[]): Buffer {
  using database = new Database(':memory:')
  database.run('CREATE TABLE "Other" (key TEXT, hnum INTEGER)')
  database.run('CREATE TABLE "Packages" (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)')
  for (const header of headers) database.run('INSERT INTO Packages (blob) VALUES (?)', [header])
  return Buffer.from(database.serialize())
}

const BLOCK = 16

export function ndbOf(headers: readonly Uint8Array[]): Buffer {
  const slots = Buffer.alloc(4096)
  slots.write('RpmP')
  slots.writeUInt32LE(1, 12)
  for (let at = 32; at < slots.length; at += BLOCK) slots.write('Slot', at)
  const blobs: Buffer[] = []
  let end = slots.length
  for (const [index, header] of headers.entries()) {
    const at = 32 + index * BLOCK
    slots.writeUInt32LE(index + 1, at + 4)
    slots.writeUInt32LE(end / BLOCK, at + 8)
    const head = Buffer.alloc(BLOCK)
    head.write('BlbS')
    head.writeUInt32LE(index + 1, 4)
    head.writeUInt32LE(header.length, 12)
    const blob = Buffer.concat([head, header, Buffer.alloc((BLOCK - (header.length % BLOCK)) % BLOCK)])
    blobs.push(blob)
    end += blob.length
  }
  return Buffer.concat([slots, ...blobs])
}

const PAGE = 4096
const HEADER = 26

/** A hash of Berkeley DB: page 0 of figures, one page of items, and a chain of pages for each long value. */
export function berkeleyOf(headers: readonly Uint8Array[], isLittle = true): Buffer {
  const put16 = (page: Buffer, value: number, at: number) =>
    isLittle ? page.writeUInt16LE(value, at) : page.writeUInt16BE(value, at)
  const put32 = (page: Buffer, value: number, at: number) =>
    isLittle ? page.writeUInt32LE(value, at) : page.writeUInt32BE(value, at)
  const figures = Buffer.alloc(PAGE)
  put32(figures, 0x061561, 12)
  put32(figures, 9, 16)
  put32(figures, PAGE, 20)
  figures.writeUInt8(8, 25)
  const items = Buffer.alloc(PAGE)
  items.writeUInt8(13, 25)
  const pages = [figures, items]
  let end = PAGE
  const place = (bytes: Buffer, item: number) => {
    end -= bytes.length
    bytes.copy(items, end)
    put16(items, end, HEADER + 2 * item)
  }
  for (const [index, header] of headers.entries()) {
    place(Buffer.concat([Buffer.from([1]), uint32(index + 1)]), 2 * index)
    if (header.length < 500) {
      place(Buffer.concat([Buffer.from([1]), header]), 2 * index + 1)
      continue
    }
    const reference = Buffer.alloc(12)
    reference.writeUInt8(3, 0)
    put32(reference, pages.length, 4)
    put32(reference, header.length, 8)
    place(reference, 2 * index + 1)
    for (let at = 0; at < header.length; at += PAGE - HEADER) {
      const page = Buffer.alloc(PAGE)
      const part = header.subarray(at, at + PAGE - HEADER)
      page.writeUInt8(7, 25)
      put32(page, at + part.length < header.length ? pages.length + 1 : 0, 16)
      put16(page, part.length, 22)
      page.set(part, HEADER)
      pages.push(page)
    }
  }
  put16(items, 2 * headers.length, 20)
  put32(figures, pages.length - 1, 32)
  return Buffer.concat(pages)
}

const text = (value: string) => Buffer.from(`${value}\0`)

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
