/** Large enough that asking costs little beside reading, small enough that a page is soon forgotten. */
const PAGE_ROWS = 2000

/** All rows, page by page. */
export async function* pagesOf<Row, Key>(
  read: (page: { readonly after?: Key | undefined; readonly limit: number }) => Promise<readonly Row[]>,
  keyOf: (row: Row) => Key,
): AsyncGenerator<readonly Row[]> {
  let after: Key | undefined
  for (;;) {
    const page = await read({ after, limit: PAGE_ROWS })
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    if (page.length < PAGE_ROWS) return
    after = keyOf(last)
  }
}
