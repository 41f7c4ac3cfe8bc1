import type { AuditDetail, AuditEntry } from './entry.ts'

const MOST_CHARACTERS = 2048
const MOST_ITEMS = 100

/**
 * An entry as it may be stored: much of it is chosen by whoever is audited, so nothing in it is without end, and no
 * text is anything that a database or canonical JSON refuses (U+0000, half a surrogate pair). What was cut is said in
 * `detail.truncated`.
 */
export function bounded(entry: AuditEntry): AuditEntry {
  const cut = { any: false }
  const text = (value: string) => boundedText(value, cut)
  const list = (values: readonly string[]) => {
    if (values.length > MOST_ITEMS) cut.any = true
    return values.slice(0, MOST_ITEMS).map(text)
  }
  const each = <Value>(record: Readonly<Record<string, Value>>): Record<string, Value> => {
    const pairs = Object.entries(record).filter(([, value]) => value !== undefined)
    if (pairs.length > MOST_ITEMS) cut.any = true
    return Object.fromEntries(pairs.slice(0, MOST_ITEMS).map(([key, value]) => [text(key), inner(value) as Value]))
  }
  const inner = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return list(value.map(String))
    if (typeof value === 'object' && value !== null) return each(value as Record<string, unknown>)
    return typeof value === 'number' && !Number.isFinite(value) ? null : value
  }
  const whole = each(entry as unknown as Record<string, unknown>) as unknown as AuditEntry
  return cut.any ? { ...whole, detail: { ...(whole.detail as AuditDetail), truncated: true } } : whole
}

function boundedText(value: string, cut: { any: boolean }): string {
  if (value.length > MOST_CHARACTERS) cut.any = true
  return value.slice(0, MOST_CHARACTERS).toWellFormed().replaceAll('\0', '\ufffd')
}
