import type { AuditEntry } from '../../stores/metadata/index.ts'

/**
 * The same for entries that differ in their moment and request only. Built at every pull, so by joining what is there
 * and not by JSON; what may hold anything is last, so that no two entries can be made to look alike.
 */
export function entryKey({
  type,
  outcome,
  reason,
  status,
  errorCode,
  actor,
  origin,
  resource,
  detail,
}: AuditEntry): string {
  const { claims } = actor
  const open = claims || detail ? JSON.stringify([claims, detail]) : ''
  return `${type}\0${outcome}\0${status}\0${errorCode}\0${actor.kind}\0${resource.digest}\0${resource.tag}\0${resource.repository}\0${resource.project}\0${resource.kind}\0${resource.id}\0${origin.method}\0${origin.address}\0${actor.id}\0${actor.name}\0${actor.authenticatedBy}\0${actor.credential}\0${reason}\0${origin.path}\0${open}\0${origin.userAgent}`
}
