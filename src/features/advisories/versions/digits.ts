/** Negative, zero or positive, as comparing functions give it. */
export type Order = (a: string, b: string) => number

/** Whole numbers as they are written, however long; leading zeros do not count. */
export const compareDigits: Order = (a, b) => {
  const left = a.replace(/^0+(?=\d)/, '')
  const right = b.replace(/^0+(?=\d)/, '')
  return left.length - right.length || compareText(left, right)
}

/** By code units. */
export const compareText: Order = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

/** Item by item; of two that begin alike the shorter comes first. */
export function compareLists<Item>(
  a: readonly Item[],
  b: readonly Item[],
  compare: (x: Item, y: Item) => number,
): number {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at += 1) {
    const order = compare(a[at] as Item, b[at] as Item)
    if (order !== 0) return order
  }
  return a.length - b.length
}
