/** Parameters of one statement stay well below what either engine takes. */
const CHUNK = 500

/** The items in parts that are small enough for one statement each. */
export function* chunks<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let start = 0; start < items.length; start += CHUNK) yield items.slice(start, start + CHUNK)
}
