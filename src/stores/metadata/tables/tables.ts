import { createHash } from 'node:crypto'
import type { Engine } from '../engine.ts'
import { TABLES } from './copied-tables.ts'
import { type TableRows, tableRows } from './read-rows.ts'
import { type BlobIntake, type BlobRecord, createBlobIntake } from './receive-blobs.ts'
import { type ReceivedRows, receiveTable } from './receive-table.ts'
import type { TableName } from './table.ts'

export interface Fingerprint {
  readonly rows: number
  /** Of all rows in their order, without what is wide or belongs to one storage only. */
  readonly sha256: string
}

/** A registry's tables as a whole: to be copied, and compared. */
export interface Tables {
  /** As they are while they are read; each page is of a moment of its own. */
  readonly current: TableRows
  /** As they are at one moment, for as long as `work` takes. */
  snapshot<Result>(work: (rows: TableRows) => Promise<Result>): Promise<Result>
  /** Makes the table what the source's is. For blobs: where both lie in the same storage. */
  receive(table: TableName, source: TableRows): Promise<ReceivedRows>
  fingerprint(source: TableRows, table: TableName): Promise<Fingerprint>
  readonly blobs: BlobIntake
  /** Is this object still the one of its blob? */
  hasObject(blob: Pick<BlobRecord, 'digest' | 'storage_key'>): Promise<boolean>
}

export function createTables(engine: Engine): Tables {
  return {
    current: tableRows(engine.db),
    snapshot: work => engine.snapshot(queries => work(tableRows(queries))),
    receive: (table, source) => receiveTable(engine, table, source),
    fingerprint: fingerprintOf,
    blobs: createBlobIntake(engine),
    async hasObject({ digest, storage_key }) {
      const found = await engine.db
        .selectFrom('blobs')
        .select('digest')
        .where('digest', '=', digest)
        .where('storage_key', '=', storage_key)
        .where('state', '=', 'stored')
        .executeTakeFirst()
      return found !== undefined
    },
  }
}

async function fingerprintOf(source: TableRows, name: TableName): Promise<Fingerprint> {
  const { key, columns } = TABLES[name]
  const hash = createHash('sha256')
  let rows = 0
  for await (const row of source.rows(name)) {
    rows += 1
    hash.update(`${JSON.stringify([...key, ...columns].map(column => row[column]))}\n`)
  }
  return { rows, sha256: hash.digest('hex') }
}
