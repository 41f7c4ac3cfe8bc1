const MAX_ENTRIES = 20_000

interface Answer<Row> {
  readonly rows: Promise<readonly Row[]>
  readonly until: number
}

/** Answers of one query for a bounded time; who asks while an answer is on its way gets the same one. */
export class StaleAnswers<Row> {
  readonly #staleMs: number
  readonly #answers = new Map<string, Answer<Row>>()

  constructor(staleMs: number) {
    this.#staleMs = staleMs
  }

  answer(parameters: readonly unknown[], query: () => Promise<readonly Row[]>): Promise<readonly Row[]> {
    const now = performance.now()
    const key = parameters.join('\0')
    const known = this.#answers.get(key)
    if (known && known.until > now) return known.rows
    if (this.#answers.size >= MAX_ENTRIES) this.#answers.clear()
    const rows = query()
    this.#answers.set(key, { rows, until: now + this.#staleMs })
    rows.catch(() => this.#answers.delete(key))
    return rows
  }

  forget(): void {
    this.#answers.clear()
  }
}
