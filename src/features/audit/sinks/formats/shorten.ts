import type { AuditEntry, AuditRecord } from '../../../../stores/metadata/index.ts'

/** How long texts may be, step by step; behind the first, what is open-ended goes. */
const STEPS = [256, 96, 32] as const

export interface Fitted<Encoded> {
  readonly encoded: Encoded
  readonly truncated: boolean
}

/**
 * The record encoded in `limitBytes` at most: whole if it fits, else with its texts cut shorter and shorter. What is cut
 * must say so: `encode` is told. Undefined when nothing helps.
 */
export function fit<Encoded>(
  record: AuditRecord,
  limitBytes: number,
  encode: (record: AuditRecord, truncated: boolean) => Encoded,
  bytesOf: (encoded: Encoded) => number,
): Fitted<Encoded> | undefined {
  const whole = encode(record, false)
  if (bytesOf(whole) <= limitBytes) return { encoded: whole, truncated: false }
  for (const [step, characters] of STEPS.entries()) {
    const encoded = encode({ ...record, entry: shortened(record.entry, characters, step > 0) }, true)
    if (bytesOf(encoded) <= limitBytes) return { encoded, truncated: true }
  }
  return undefined
}

/** As little of it as {@link fit} would ever leave. */
export function shortest(record: AuditRecord): AuditRecord {
  return { ...record, entry: shortened(record.entry, STEPS[2], true) }
}

function shortened(entry: AuditEntry, characters: number, closed: boolean): AuditEntry {
  const { detail, actor, ...rest } = entry
  const { claims, ...who } = actor
  const kept = closed ? { ...rest, actor: who } : { ...rest, actor, ...(detail ? { detail } : {}) }
  return cut(kept, characters) as AuditEntry
}

function cut(value: unknown, characters: number): unknown {
  if (typeof value === 'string')
    return value.length > characters ? `${value.slice(0, characters)}…`.toWellFormed() : value
  if (Array.isArray(value)) return value.slice(0, 10).map(item => cut(item, characters))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cut(inner, characters)]))
}
