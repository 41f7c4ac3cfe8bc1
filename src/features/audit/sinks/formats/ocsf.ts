import type { AuditEntry, AuditOutcome, AuditRecord } from '../../../../stores/metadata/index.ts'
import type { Emitter } from './emitter.ts'
import { summaryOf } from './summary.ts'

/** A released version (March 2026). */
export const OCSF_VERSION = '1.8.0'

/** severity_id: informational, medium, low. */
const SEVERITY: Readonly<Record<AuditOutcome, number>> = { success: 1, denied: 3, failure: 2 }
const OTHER = 99
const LOGON = 1

/** The last word of an entry's type as an activity of API Activity: create, read, update, delete. */
const ACTIVITIES: readonly (readonly [id: number, words: readonly string[]])[] = [
  [1, ['push', 'create', 'add', 'issue', 'mount', 'upload', 'restore', 'sign', 'grant', 'invite']],
  [2, ['pull', 'read', 'list', 'head', 'get', 'export', 'search']],
  [3, ['move', 'update', 'change', 'set', 'rotate', 'rename', 'enable', 'disable', 'lock', 'unlock']],
  [4, ['delete', 'remove', 'revoke', 'expire', 'expired', 'purge']],
]

/** OCSF 1.8.0: Authentication [3002] for sign-ins, API Activity [6003] for all else. */
export function ocsfEvent(record: AuditRecord, emitter: Emitter, truncated = false): object {
  const { entry } = record
  const isSignIn = entry.category === 'authentication'
  const classUid = isSignIn ? 3002 : 6003
  const activityId = isSignIn ? signInActivity(entry.type) : apiActivity(entry.type)
  const { actor } = entry
  const user = {
    name: actor.name,
    uid: actor.id,
    // User, Service, System, Unknown.
    type_id: { user: 1, robot: 4, pipeline: 4, system: 3, anonymous: 0 }[actor.kind],
    ...known({ credential_uid: actor.credential }),
  }
  return {
    activity_id: activityId,
    activity_name: activityId === OTHER ? entry.type : undefined,
    category_uid: isSignIn ? 3 : 6,
    class_uid: classUid,
    type_uid: classUid * 100 + activityId,
    severity_id: SEVERITY[entry.outcome],
    time: entry.at,
    message: summaryOf(entry),
    status_id: entry.outcome === 'success' ? 1 : 2,
    status: entry.outcome === 'success' ? 'Success' : 'Failure',
    ...known({
      status_code: entry.errorCode ?? entry.status?.toString(),
      status_detail: entry.reason,
      count: entry.count,
    }),
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Berth', vendor_name: 'Berth', version: emitter.version },
      uid: record.id,
      sequence: record.sequence,
      log_name: 'audit',
      event_code: entry.type,
      original_time: new Date(entry.at).toISOString(),
      ...known({ correlation_uid: entry.origin.requestId, is_truncated: truncated || undefined }),
    },
    ...requestOf(entry),
    src_endpoint: entry.origin.address === undefined ? { name: 'berth' } : { ip: entry.origin.address },
    dst_endpoint: { hostname: emitter.host, svc_name: 'berth' },
    ...(isSignIn
      ? { user, service: { name: 'berth', version: emitter.version }, ...protocolOf(entry) }
      : activityOf(entry, user)),
    unmapped: {
      hash: record.hash,
      previous_hash: record.previousHash,
      outcome: entry.outcome,
      category: entry.category,
      ...known({ authenticated_by: actor.authenticatedBy, claims: actor.claims, detail: entry.detail }),
    },
  }
}

/** Required by API Activity: actor and api, beside src_endpoint. */
function activityOf({ type, origin, status, errorCode, reason, resource, actor }: AuditEntry, user: object) {
  const { repository, tag, digest, project, kind, id } = resource
  const name = repository === undefined ? (id ?? project) : `${repository}${tag === undefined ? '' : `:${tag}`}`
  const resources = [
    { ...known({ name, uid: digest ?? id, type: kind ?? (repository && 'repository'), namespace: project }) },
  ]
  return {
    actor: { user, ...(actor.kind === 'system' ? { app_name: 'berth' } : {}) },
    api: {
      operation: type,
      service: { name: 'berth' },
      ...(origin.requestId === undefined ? {} : { request: { uid: origin.requestId } }),
      ...(status === undefined ? {} : { response: { code: status, ...known({ error: errorCode, message: reason }) } }),
    },
    ...(Object.keys(resource).length > 0 ? { resources } : {}),
  }
}

function requestOf({ origin, status }: AuditEntry) {
  const { method, path, userAgent, requestId } = origin
  const url = path === undefined ? undefined : { path }
  const isRequest = method !== undefined || path !== undefined || userAgent !== undefined
  return {
    ...(isRequest ? { http_request: known({ http_method: method, url, user_agent: userAgent, uid: requestId }) } : {}),
    ...(status === undefined ? {} : { http_response: { code: status } }),
  }
}

/** auth_protocol_id: OpenID, Basic Authentication, LDAP, else Other. */
function protocolOf({ actor: { authenticatedBy } }: AuditEntry) {
  if (authenticatedBy === undefined) return {}
  const id = [
    [/oidc|openid/i, 4],
    [/basic|password/i, 11],
    [/ldap/i, 12],
  ].find(([pattern]) => (pattern as RegExp).test(authenticatedBy))?.[1]
  return { auth_protocol_id: id ?? OTHER, auth_protocol: authenticatedBy }
}

function apiActivity(type: string): number {
  const word = type.slice(type.lastIndexOf('.') + 1).split(/[-_]/)[0] ?? ''
  return ACTIVITIES.find(([, words]) => words.includes(word))?.[0] ?? OTHER
}

/** Only sign-ins are logons; the other activities of the class are Kerberos's. */
function signInActivity(type: string): number {
  if (/log-?out|sign-?out/.test(type)) return 2
  return /^(auth|authentication|session|login)\b/.test(type) || /log-?in|sign-?in/.test(type) ? LOGON : OTHER
}

/** Without what is not known: a receiver may take null for a value. */
function known<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>
}
