import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Row } from '../metadata/index.ts'

export const FORMAT = 1

export interface SnapshotHeader {
  readonly format: number
  /** The version of the database's schema. */
  readonly schema: string
  readonly takenAt: string
}

export interface SnapshotEnd {
  readonly rows: Readonly<Record<string, number>>
  /** Of every line before this one. */
  readonly sha256: string
}

/**
 * A line of a snapshot is JSON. Rows are objects; what is said about them are arrays: ["berth-backup", header] first,
 * ["table", name] before the rows of a table, ["end", counts and checksum] last.
 */
export type Line =
  | Row
  | readonly ['berth-backup', SnapshotHeader]
  | readonly ['table', string]
  | readonly ['end', SnapshotEnd]

const GROUP_CHARACTERS = 64 << 10

export function isSaying(line: Line): line is Exclude<Line, Row> {
  return Array.isArray(line)
}

/** Compresses the lines, and adds the last one. */
export async function* packed(
  lines: AsyncIterable<Exclude<Line, readonly ['end', SnapshotEnd]>>,
): AsyncGenerator<Uint8Array> {
  const gzip = createGzip()
  const piping = pipeline(Readable.from(grouped(lines)), gzip)
  // It fails the reading below, which tells of it.
  piping.catch(() => undefined)
  for await (const bytes of gzip) yield bytes as Uint8Array
  await piping
}

async function* grouped(lines: AsyncIterable<Line>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  const rows: Record<string, number> = {}
  let table = ''
  let text = ''
  const take = () => {
    const bytes = Buffer.from(text)
    hash.update(bytes)
    text = ''
    return bytes
  }
  for await (const line of lines) {
    if (!isSaying(line)) rows[table] = (rows[table] ?? 0) + 1
    else if (line[0] === 'table') {
      table = line[1]
      rows[table] = 0
    }
    text += `${encode(line)}\n`
    if (text.length >= GROUP_CHARACTERS) yield take()
  }
  yield take()
  yield Buffer.from(`${JSON.stringify(['end', { rows, sha256: hash.digest('hex') }])}\n`)
}

/** The lines of a snapshot, as text; what is not compressed as it should be fails. */
export async function* unpacked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const gunzip = createGunzip()
  const piping = pipeline(Readable.from(bytes), gunzip)
  piping.catch(() => undefined)
  const decoder = new TextDecoder()
  let rest: string[] = []
  for await (const piece of gunzip) {
    const lines = decoder.decode(piece as Uint8Array, { stream: true }).split('\n')
    for (const [position, part] of lines.entries()) {
      rest.push(part)
      if (position === lines.length - 1) break
      yield rest.join('')
      rest = []
    }
  }
  await piping
}

/** Bytes stand as {"base64": …}; no other value is an object. */
function encode(line: Line): string {
  if (isSaying(line)) return JSON.stringify(line)
  const cells = Object.entries(line).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value,
  ])
  return JSON.stringify(Object.fromEntries(cells))
}

export function decode(text: string): Line {
  const line = JSON.parse(text) as Record<string, unknown> | Exclude<Line, Row>
  if (Array.isArray(line)) return line as Exclude<Line, Row>
  for (const [name, value] of Object.entries(line as Record<string, unknown>)) {
    if (typeof value === 'object' && value !== null && 'base64' in value)
      Object.assign(line, { [name]: Buffer.from(String(value.base64), 'base64') })
  }
  return line as Row
}
