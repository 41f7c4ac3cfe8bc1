import type { RetentionRunWork } from '../../stores/metadata/index.ts'
import type { RetentionItem } from './run-port.ts'

/** So many are kept in one row, */
const ITEMS_IN_LIST = 200
/** or those of so long: the most that is not listed when a process is killed. */
const FLUSH_MS = 1000

/** How far a run is, and what it did. */
export interface RunCounts {
  readonly kept: number
  readonly deleted: number
  /** Of those that were deleted. */
  readonly freedBytes: number
  /** How many of them can be read later. */
  readonly listed: number
}

/** So many of each are written down; all are counted. */
export const MOST_LISTED = { keep: 20_000, delete: 100_000 } as const

/** Writes down what a run decides, list by list, so that it is never all in memory. */
export class RunList {
  readonly #runs: Pick<RetentionRunWork, 'keepItems'>
  readonly #id: string
  readonly #counts = { keep: 0, delete: 0 }
  #freedBytes = 0
  #waiting: RetentionItem[] = []
  #flushedAt = performance.now()
  #listed = 0

  constructor(runs: Pick<RetentionRunWork, 'keepItems'>, id: string) {
    this.#runs = runs
    this.#id = id
  }

  async add(item: RetentionItem): Promise<void> {
    this.#counts[item.action] += 1
    if (item.action === 'delete') this.#freedBytes += item.bytes
    if (this.#counts[item.action] > MOST_LISTED[item.action]) return
    this.#waiting.push(item)
    if (this.#waiting.length === ITEMS_IN_LIST || performance.now() - this.#flushedAt > FLUSH_MS) await this.flush()
  }

  async flush(): Promise<void> {
    this.#flushedAt = performance.now()
    if (this.#waiting.length === 0) return
    const items = this.#waiting
    this.#waiting = []
    await this.#runs.keepItems(this.#id, { position: this.#listed, items })
    this.#listed += items.length
  }

  counts(): RunCounts {
    const { keep, delete: deleted } = this.#counts
    return { kept: keep, deleted, freedBytes: this.#freedBytes, listed: this.#listed }
  }
}
