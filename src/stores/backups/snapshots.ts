import { createHash } from 'node:crypto'
import type { BlobRecord, Row, TableName, TableRows } from '../metadata/index.ts'
import type { BackupFiles } from './backup-files.ts'
import {
  decode,
  FORMAT,
  isSaying,
  type Line,
  packed,
  type SnapshotEnd,
  type SnapshotHeader,
  unpacked,
} from './snapshot-file.ts'

/** A snapshot cannot be read: it is damaged, or of a newer Berth. */
export class SnapshotFault extends Error {
  override readonly name = 'SnapshotFault'
}

export interface ListedSnapshot {
  readonly name: string
  readonly takenAt: Date
  readonly sizeBytes: number
}

export interface Snapshot extends TableRows {
  readonly name: string
  /** Reads all of it. @throws SnapshotFault when it is not what was written. */
  check(): Promise<SnapshotHeader & Pick<SnapshotEnd, 'rows'>>
}

const FOLDER = 'snapshots/'
const NAME = /^snapshots\/(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)\.jsonl\.gz$/

function keyOf(name: string): string {
  return `${FOLDER}${name}.jsonl.gz`
}

export function nameOf(takenAt: Date): string {
  return takenAt.toISOString().replaceAll(':', '-')
}

function timeOf(name: string): Date {
  return new Date(name.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'))
}

/** Oldest first. */
export async function listSnapshots(files: BackupFiles): Promise<readonly ListedSnapshot[]> {
  const found: ListedSnapshot[] = []
  for await (const { key, sizeBytes } of files.list(FOLDER)) {
    const name = NAME.exec(key)?.[1]
    if (name !== undefined) found.push({ name, takenAt: timeOf(name), sizeBytes })
  }
  return found
}

export function removeSnapshot(files: BackupFiles, name: string): Promise<void> {
  return files.remove(keyOf(name))
}

export interface NewSnapshot {
  readonly takenAt: Date
  readonly schema: string
  readonly tables: readonly TableName[]
  readonly rows: TableRows
  /** The rows of blobs as the snapshot is to have them. */
  blobs(rows: AsyncIterable<Row>): AsyncIterable<BlobRecord>
}

/** There is no such snapshot until all of it is written. Gives how many rows each table has. */
export async function writeSnapshot(
  files: BackupFiles,
  snapshot: NewSnapshot,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  async function* lines(): AsyncGenerator<Exclude<Line, readonly ['end', SnapshotEnd]>> {
    const { schema, takenAt } = snapshot
    yield ['berth-backup', { format: FORMAT, schema, takenAt: takenAt.toISOString() }]
    for (const table of snapshot.tables) {
      yield ['table', table]
      counts[table] = 0
      for await (const row of rowsOf(snapshot, table)) {
        counts[table] += 1
        yield row
      }
    }
  }
  await files.write(keyOf(nameOf(snapshot.takenAt)), packed(lines()))
  return counts
}

async function* rowsOf({ rows, blobs }: NewSnapshot, table: TableName): AsyncGenerator<Row> {
  if (table === 'blobs') {
    for await (const record of blobs(rows.rows(table))) yield { ...record }
    return
  }
  let batch: Row[] = []
  let bytes = 0
  for await (const row of rows.rows(table)) {
    batch.push(row)
    bytes += Number(row.size_bytes ?? 0)
    if (batch.length < 200 && bytes < 8 << 20) continue
    yield* await rows.whole(table, batch)
    batch = []
    bytes = 0
  }
  yield* await rows.whole(table, batch)
}

export function openSnapshot(files: BackupFiles, name: string): Snapshot {
  async function* lines(): AsyncGenerator<string> {
    const bytes = await files.read(keyOf(name))
    if (!bytes) throw new SnapshotFault(`There is no snapshot ${name} in ${files.place}.`)
    try {
      yield* unpacked(bytes)
    } catch (error) {
      if (!isOfZlib(error)) throw error
      throw new SnapshotFault(`The snapshot ${name} is damaged: ${(error as Error).message}`)
    }
  }
  return {
    name,
    async *rows(table) {
      let current = ''
      for await (const text of lines()) {
        // Other tables' rows are not even parsed.
        if (current !== table && !text.startsWith('[')) continue
        const line = decode(text)
        if (!isSaying(line)) yield line
        else if (current === table) return
        else if (line[0] === 'table') current = line[1]
      }
    },
    whole: async (_, rows) => rows,
    check: () => check(name, lines()),
  }
}

async function check(name: string, lines: AsyncIterable<string>) {
  const hash = createHash('sha256')
  let header: SnapshotHeader | undefined
  let last = ''
  for await (const text of lines) {
    if (last !== '') hash.update(`${last}\n`)
    else header = headerOf(text)
    last = text
  }
  const end = last.startsWith('["end",') ? decode(last) : undefined
  if (!header || !end || !isSaying(end) || end[0] !== 'end' || end[1].sha256 !== hash.digest('hex')) {
    throw new SnapshotFault(`The snapshot ${name} is damaged: its checksum is wrong. Take another (--at).`)
  }
  if (header.format > FORMAT) {
    throw new SnapshotFault(`The snapshot ${name} has format ${header.format}, of a newer Berth: use that one.`)
  }
  return { ...header, rows: end[1].rows }
}

function headerOf(text: string): SnapshotHeader | undefined {
  if (!text.startsWith('["berth-backup",')) return undefined
  const line = decode(text)
  return isSaying(line) && line[0] === 'berth-backup' ? line[1] : undefined
}

function isOfZlib(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
}
