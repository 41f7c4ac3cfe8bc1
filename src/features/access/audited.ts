import type { AuditEntry } from '../../stores/metadata/index.ts'
import type { Principal } from '../identity/index.ts'
import type { Origin, Permit } from './authorize.ts'
import { projectOf, type Resource } from './decide.ts'
import type { Action } from './permissions.ts'

/** What an entry says beside who and from where. */
export type Deed = Pick<
  AuditEntry,
  'at' | 'type' | 'category' | 'outcome' | 'reason' | 'detail' | 'errorCode' | 'status'
> & {
  readonly resource?: AuditEntry['resource']
}

/** The entry of the audit log about something that a permit was given for. */
export function audited(permit: Permit<Action>, deed: Deed): AuditEntry {
  return entryOf({ principal: permit.principal, origin: permit.origin, resource: permit.resource }, deed)
}

/** The entry about something that needs no permit, or was refused one. */
export function entryOf(
  { principal, origin, resource }: { principal: Principal; origin: Origin; resource?: Resource },
  { resource: more, ...deed }: Deed,
): AuditEntry {
  const { kind, id, name, authenticatedBy, credential, claims } = principal
  const { address, userAgent, requestId, method, path } = origin
  return {
    ...deed,
    actor: { kind, id, name, authenticatedBy, ...(credential ? { credential } : {}), ...(claims ? { claims } : {}) },
    origin: {
      address,
      ...(userAgent === undefined ? {} : { userAgent }),
      ...(requestId === undefined ? {} : { requestId }),
      ...(method === undefined ? {} : { method }),
      ...(path === undefined ? {} : { path }),
    },
    resource: { ...resourceOf(resource), ...more },
  }
}

function resourceOf(resource: Resource | undefined): AuditEntry['resource'] {
  if (resource === undefined || resource === 'registry') return {}
  const project = projectOf(resource)
  return 'repository' in resource ? { project, repository: resource.repository } : { project }
}
