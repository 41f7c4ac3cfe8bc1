import type { Engine } from '../engine.ts'
import { TABLES } from './copied-tables.ts'
import { differs, mergeRows } from './merge-rows.ts'
import { type TableRows, tableRows } from './read-rows.ts'
import type { Row, Table, TableName } from './table.ts'
import { writeRows } from './write-rows.ts'

export interface ReceivedRows {
  readonly inserted: number
  readonly updated: number
  readonly removed: number
  readonly same: number
}

/** So many rows are one transaction, or so many bytes of what is wide. */
const BATCH_ROWS = 200
const BATCH_BYTES = 8 << 20

type Changes = { readonly [Kind in 'remove' | 'update' | 'insert']: Row[] }

/**
 * Makes a table what the source's is. What is the same is only compared, so that it can be run again at little cost.
 * Power cuts may take what it wrote until the next durable write.
 */
export async function receiveTable(engine: Engine, name: TableName, source: TableRows): Promise<ReceivedRows> {
  const { columns, own = [], ...rest } = TABLES[name]
  const table = { ...rest, columns: [...columns, ...own] }
  const counts = { inserted: 0, updated: 0, removed: 0, same: 0 }
  let changes: Changes = { remove: [], update: [], insert: [] }
  let bytes = 0
  const flush = async () => {
    const [remove, update, insert] = [changes.remove, changes.update, changes.insert]
    const whole = { remove, update: await source.whole(name, update), insert: await source.whole(name, insert) }
    await engine.write(queries => writeRows(queries, table, whole), { durable: false })
    changes = { remove: [], update: [], insert: [] }
    bytes = 0
  }
  for await (const pair of mergeRows(source.rows(name), tableRows(engine.db).rows(name), table.key)) {
    const kind = kindOf(table, pair)
    counts[kind] += 1
    if (kind === 'same') continue
    if (kind === 'inserted') changes.insert.push(pair.source as Row)
    else if (kind === 'updated') changes.update.push(pair.source as Row)
    else changes.remove.push(pair.target as Row)
    if (table.wide && kind !== 'removed') bytes += Number(pair.source?.size_bytes)
    const rows = changes.remove.length + changes.update.length + changes.insert.length
    if (rows >= BATCH_ROWS || bytes >= BATCH_BYTES) await flush()
  }
  await flush()
  return counts
}

function kindOf({ columns }: Table, { source, target }: { source?: Row; target?: Row }): keyof ReceivedRows {
  if (!target) return 'inserted'
  if (!source) return 'removed'
  return differs(source, target, columns) ? 'updated' : 'same'
}
