import type { AuditEntry } from '../../../../stores/metadata/index.ts'

/** For people who look at a list of events. */
export function summaryOf({ type, outcome, actor, resource, reason, count = 1 }: AuditEntry): string {
  const { repository, tag, digest, project, kind, id } = resource
  const reference = tag === undefined ? (digest === undefined ? '' : `@${digest}`) : `:${tag}`
  const object =
    repository === undefined ? (project ?? [kind, id].filter(Boolean).join(' ')) : `${repository}${reference}`
  const times = count > 1 ? ` (${count} times)` : ''
  return `${type} of ${object || 'the registry'} by ${actor.name}: ${outcome}${reason ? `, ${reason}` : ''}${times}`
}
