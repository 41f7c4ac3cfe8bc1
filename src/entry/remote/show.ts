import { printable } from './printable.ts'

/** What a command shows: the whole as JSON, or lines for people. */
export function show(json: boolean | undefined, value: unknown, lines: readonly string[]): number {
  const text = json ? JSON.stringify(value) : lines.join('\n')
  if (text !== '') process.stdout.write(`${text}\n`)
  return 0
}

type Cell = string | number | boolean | undefined

/** Rows under their headings, in columns; a line that says there are none. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] {
  if (rows.length === 0) return ['There are none.']
  const cells = [headings, ...rows].map(row => row.map(cell => printable(String(cell ?? '-'))))
  const widths = headings.map((_, column) => Math.max(...cells.map(row => row[column]?.length ?? 0)))
  return cells.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
