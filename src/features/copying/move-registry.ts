import type { TableName } from '../../stores/metadata/index.ts'
import {
  type BlobCounts,
  type BlobFailure,
  blobsOf,
  type CopyOptions,
  type CopySource,
  type CopyTarget,
  counterOf,
  noBlobs,
  PLAIN_TABLES,
} from './copy.ts'
import { copyBlobs } from './copy-blobs.ts'

export interface Move {
  readonly source: CopySource
  readonly target: CopyTarget & {
    /** Ties the target's database to its storage, once it is known that it may be written to. */
    prepare(): Promise<void>
  }
  /** The target keeps the source's storage, so that only what is known of the blobs is copied. */
  readonly sameStorage: boolean
  /** Where the target is, for people. */
  readonly place: string
}

export interface MoveReport {
  /** occupied: the target holds something else. damaged: nothing was switched, see `failures`. */
  readonly outcome: 'moved' | 'moved before' | 'occupied' | 'damaged'
  readonly blobs: number
  readonly bytes: number
  readonly failures: readonly BlobFailure[]
  /** Rows of each table, which are the same at both places. */
  readonly rows: Readonly<Partial<Record<TableName, number>>>
  /** How long the source took no changes before the target had them all. */
  readonly readOnlyMs: number
}

/** When a pass found no more than this to copy, the rest is left for the moment in which nothing is written. */
const FEW_BLOBS = 20
const MOST_PASSES = 10

/**
 * Moves a registry that serves. All is copied while it takes pushes; then it refuses changes, what is different by then
 * is copied, all tables are compared, and it goes on refusing. What the target has is never copied again, so a move that
 * was cut off is run again. Before the end a failure opens the source again.
 */
export async function moveRegistry(move: Move, options: CopyOptions): Promise<MoveReport> {
  const { source, target } = move
  const counts = noBlobs()
  const report = (outcome: MoveReport['outcome'], rows: MoveReport['rows'] = {}, readOnlyMs = 0): MoveReport => {
    const { blobs, bytes, failures } = counts
    return { outcome, blobs, bytes, failures, rows, readOnlyMs }
  }
  const id = await source.relocation.identify()
  const before = await source.relocation.find()
  const there = await target.relocation.find()
  if (before?.state === 'moved') {
    if (there === undefined || before.peer !== there.id) return report('occupied')
    if (there.state !== 'receiving') return report('moved before')
    // It ended between the two last steps; if by a power cut, then perhaps without the last rows.
    await target.prepare()
    const rows = await copyTheRest(move, counts, options)
    if (counts.failures.length > 0) return report('damaged')
    await target.relocation.complete(target.clock())
    return report('moved', rows)
  }
  const peer = there?.id === id ? undefined : await target.relocation.receive(id)
  if (peer === undefined) return report('occupied')
  if (before?.state === 'moving') await source.relocation.reopen()
  await target.prepare()

  await copyWhileServing(move, counts, options)
  if (counts.failures.length > 0) return report('damaged')
  await source.tables.snapshot(async rows => {
    for (const table of PLAIN_TABLES) await target.tables.receive(table, rows)
  })
  const closing = { peer, place: move.place }
  const since = performance.now()
  try {
    await source.relocation.close({ ...closing, state: 'moving', message: MOVING })
    const rows = await copyTheRest(move, counts, options)
    if (counts.failures.length > 0) {
      await source.relocation.reopen()
      return report('damaged')
    }
    const message = `This registry has been moved to ${move.place}: nothing can be changed here any more.`
    await source.relocation.close({ ...closing, state: 'moved', message })
    await target.relocation.complete(target.clock())
    return report('moved', rows, performance.now() - since)
  } catch (error) {
    if ((await source.relocation.find())?.state === 'moving') await source.relocation.reopen()
    throw error
  }
}

const MOVING = 'This registry is being moved and takes no changes for a moment; try again.'

async function copyWhileServing(move: Move, counts: BlobCounts, options: CopyOptions): Promise<void> {
  if (move.sameStorage) return
  const missing = move.target.tables.blobs.missing(move.source.tables.current.rows('blobs'))
  const onBytes = await counterOf(missing, options.onProgress)
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const before = counts.blobs + counts.vanished
    const rows = move.source.tables.current.rows('blobs')
    await copyBlobs(rows, blobsOf(move.source), move.target, counts, { signal: options.signal, onBytes })
    if (counts.failures.length > 0 || counts.blobs + counts.vanished - before <= FEW_BLOBS) return
  }
}

/** While nothing changes. Gives how many rows there are. */
async function copyTheRest(move: Move, counts: BlobCounts, { signal }: CopyOptions): Promise<MoveReport['rows']> {
  const { source, target, sameStorage } = move
  const tables: TableName[] = ['blobs', ...PLAIN_TABLES, ...(sameStorage ? ['condemned_objects' as const] : [])]
  if (!sameStorage) {
    await copyBlobs(source.tables.current.rows('blobs'), blobsOf(move.source), target, counts, { signal })
    if (counts.failures.length > 0) return {}
    await target.tables.blobs.settle(source.tables.current.rows('blobs'), target.clock())
  }
  const rows: Partial<Record<TableName, number>> = {}
  for (const table of tables) {
    if (table !== 'blobs' || sameStorage) await target.tables.receive(table, source.tables.current)
    const [theirs, ours] = await Promise.all([
      source.tables.fingerprint(source.tables.current, table),
      target.tables.fingerprint(target.tables.current, table),
    ])
    if (theirs.sha256 !== ours.sha256) {
      throw new Error(`The table ${table} was copied and is not the same: ${theirs.rows} rows, and ${ours.rows} there.`)
    }
    rows[table] = ours.rows
  }
  return rows
}
