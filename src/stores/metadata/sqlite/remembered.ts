import type { ChangeCounter } from './change-counter.ts'

const MAX_ENTRIES = 10_000
const MAX_BYTES = 4 << 20
const ENTRY_BYTES = 200

/**
 * Answers of one query, for as long as nothing was committed. A look-up in SQLite takes several locks, which costs a
 * third of a whole request for a manifest (docs/performance.md).
 */
export class Remembered<Row> {
  readonly #changes: ChangeCounter
  readonly #answers = new Map<string, readonly Row[]>()
  #asOf = 0
  #bytes = 0

  constructor(changes: ChangeCounter) {
    this.#changes = changes
  }

  /** What `query` answers with these parameters, now. */
  answer(parameters: readonly unknown[], query: () => readonly Row[]): readonly Row[] {
    // Read before the query: a commit in between makes the answer one that is forgotten too early.
    const now = this.#changes.value()
    if (now !== this.#asOf) this.#forget(now)
    const key = parameters.join('\0')
    const known = this.#answers.get(key)
    if (known) return known
    const rows = query()
    this.#bytes += ENTRY_BYTES + key.length + rows.reduce((total, row) => total + bytesOf(row), 0)
    if (this.#answers.size >= MAX_ENTRIES || this.#bytes > MAX_BYTES) this.#forget(now)
    else this.#answers.set(key, rows)
    return rows
  }

  #forget(now: number): void {
    this.#answers.clear()
    this.#bytes = 0
    this.#asOf = now
  }
}

function bytesOf(row: unknown): number {
  let bytes = 0
  for (const value of Object.values(row as object)) bytes += value instanceof Uint8Array ? value.length : 0
  return bytes
}
