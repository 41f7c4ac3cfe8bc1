import { isIP } from 'node:net'
import type { AuditOutcome, AuditRecord } from '../../../../stores/metadata/index.ts'
import type { Emitter } from './emitter.ts'
import { summaryOf } from './summary.ts'
import { visible } from './visible.ts'

/** 0 to 10. */
const SEVERITY: Readonly<Record<AuditOutcome, number>> = { success: 3, denied: 6, failure: 5 }

/** ArcSight Common Event Format, version 0: one line. Lengths are those of its dictionary of extensions. */
export function cefLine(record: AuditRecord, { host, version }: Emitter, truncated = false): string {
  const { entry, sequence, id, hash } = record
  const { actor, origin, resource } = entry
  const header = ['CEF:0', 'Berth', 'Berth', version, entry.type, entry.type, SEVERITY[entry.outcome]].map(
    (field, index) => (index === 0 ? field : headerField(String(field))),
  )
  const object = resource.repository && `${resource.repository}${resource.tag ? `:${resource.tag}` : ''}`
  const extension: readonly (readonly [key: string, value: string | number | undefined, most: number])[] = [
    ['rt', entry.at, 20],
    ['externalId', id, 40],
    ['cat', entry.category, 1023],
    ['act', entry.type, 63],
    ['outcome', entry.outcome, 63],
    ['reason', entry.reason, 1023],
    ['suser', actor.name, 1023],
    ['suid', actor.id, 1023],
    ...addressOf(origin.address),
    ['requestMethod', origin.method, 1023],
    ['request', origin.path, 1023],
    ['requestClientApplication', origin.userAgent, 1023],
    ['fname', object, 1023],
    ['fileHash', resource.digest, 255],
    ['cnt', entry.count, 20],
    ['dvchost', host, 100],
    ['app', origin.method === undefined ? undefined : 'HTTP', 31],
    ...custom('cn1', 'httpStatus', entry.status),
    ...custom('cn2', 'sequence', sequence),
    ...custom('cs1', 'credential', actor.credential),
    ...custom('cs2', 'authenticatedBy', actor.authenticatedBy),
    ...custom('cs3', 'project', resource.project),
    ...custom('cs4', 'requestId', origin.requestId),
    ...custom('cs5', 'hash', hash),
    ...custom(
      'cs6',
      'detail',
      entry.detail || actor.claims ? JSON.stringify({ ...entry.detail, ...claimsOf(actor) }) : undefined,
    ),
    ...(truncated ? [['flexString1', 'true', 1023] as const, ['flexString1Label', 'truncated', 1023] as const] : []),
    ['msg', summaryOf(entry), 1023],
  ]
  const pairs = extension.flatMap(([key, value, most]) =>
    value === undefined ? [] : [`${key}=${extensionValue(String(value).slice(0, most).toWellFormed())}`],
  )
  return `${header.join('|')}|${pairs.join(' ')}`
}

function claimsOf({ claims }: AuditRecord['entry']['actor']) {
  return claims ? { claims } : {}
}

/** "src" is for IPv4 only. */
function addressOf(address: string | undefined) {
  if (address === undefined) return []
  if (isIP(address) !== 6) return [['src', address, 1023] as const]
  return [['c6a2', address, 1023] as const, ['c6a2Label', 'Source IPv6 Address', 1023] as const]
}

function custom(key: string, label: string, value: string | number | undefined) {
  return value === undefined ? [] : [[key, value, 4000] as const, [`${key}Label`, label, 1023] as const]
}

/** In the header "|" and "\" are escaped, and no line may end. */
function headerField(text: string): string {
  return visible(text).replace(/[\\|]/g, '\\$&')
}

/** In values "=" and "\" are escaped. What cannot be seen is written out first, line ends too. */
function extensionValue(text: string): string {
  return visible(text).replace(/[\\=]/g, '\\$&')
}
