import type { Row } from './table.ts'

/** A row of the source, the row of the target that has the same key, or both. */
export interface Pair {
  readonly source?: Row
  readonly target?: Row
}

/** Goes through two tables side by side; both are in the order of `key`. */
export async function* mergeRows(
  source: AsyncIterable<Row>,
  target: AsyncIterable<Row>,
  key: readonly string[],
): AsyncGenerator<Pair> {
  const [left, right] = [source[Symbol.asyncIterator](), target[Symbol.asyncIterator]()]
  try {
    let [one, other] = [await left.next(), await right.next()]
    while (!one.done || !other.done) {
      const order = one.done ? 1 : other.done ? -1 : compareKeys(one.value, other.value, key)
      yield { ...(order <= 0 ? { source: one.value } : {}), ...(order >= 0 ? { target: other.value } : {}) }
      if (order <= 0) one = await left.next()
      if (order >= 0) other = await right.next()
    }
  } finally {
    await Promise.all([left.return?.(), right.return?.()])
  }
}

/** As the databases compare: numbers as such, text by its bytes, which is ASCII in every key. */
function compareKeys(one: Row, other: Row, key: readonly string[]): number {
  for (const column of key) {
    const [left = null, right = null] = [one[column], other[column]]
    if (left === right) continue
    return (left as string | number) < (right as string | number) ? -1 : 1
  }
  return 0
}

export function differs(one: Row, other: Row, columns: readonly string[]): boolean {
  return columns.some(column => one[column] !== other[column])
}
