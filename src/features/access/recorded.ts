import type { AuditDetail, AuditEntry } from '../../stores/metadata/index.ts'
import { audited } from './audited.ts'
import type { Permit } from './authorize.ts'
import type { Action } from './permissions.ts'

interface Change {
  readonly type: string
  readonly at: number
  /** What was changed: its kind and name. */
  readonly kind?: string
  readonly id?: string
  readonly detail?: AuditDetail
}

/** The entry of a change that was made. */
export function done(permit: Permit<Action>, { type, at, kind, id, detail }: Change): AuditEntry {
  return audited(permit, {
    at,
    type,
    category: 'administration',
    outcome: 'success',
    ...(kind === undefined ? {} : { resource: { kind, ...(id === undefined ? {} : { id }) } }),
    ...(detail ? { detail } : {}),
  })
}

/** The entry of a change that the permit allowed and a rule of its use case did not. */
export function refused(permit: Permit<Action>, change: Change, reason: string): AuditEntry {
  return { ...done(permit, change), outcome: 'denied', reason }
}

type Value = string | number | boolean | null | readonly string[] | undefined

/** `{ 'role.before': …, 'role.after': … }` of what is not the same. */
export function difference(before: Readonly<Record<string, Value>>, after: Readonly<Record<string, Value>>) {
  const detail: Record<string, Exclude<Value, undefined>> = {}
  for (const [name, next] of Object.entries(after)) {
    if (next === undefined || next === (before[name] ?? null)) continue
    detail[`${name}.before`] = before[name] ?? null
    detail[`${name}.after`] = next
  }
  return detail
}
