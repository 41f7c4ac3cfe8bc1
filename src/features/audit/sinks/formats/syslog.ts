import type { AuditOutcome, AuditRecord } from '../../../../stores/metadata/index.ts'
import type { Emitter } from './emitter.ts'
import { fit, shortest } from './shorten.ts'
import { visible } from './visible.ts'

/** RFC 5424, table 1: log audit. */
const FACILITY = 13
/** RFC 5424, table 2: informational, warning, error. */
const SEVERITY: Readonly<Record<AuditOutcome, number>> = { success: 6, denied: 4, failure: 3 }
const BOM = '\ufeff'

export interface SyslogOptions {
  readonly emitter: Emitter
  /** The number behind the "@" of our structured data (section 6.3.2). */
  readonly enterpriseNumber: number
  /** Longest message in bytes; RFC 5425, section 4.3.1: receivers should take 8192. */
  readonly maxBytes: number
  /** What follows behind the structured data. */
  readonly message: (record: AuditRecord, truncated: boolean) => string
}

/** One message of RFC 5424, UTF-8. */
export function syslogMessage(record: AuditRecord, options: SyslogOptions): Buffer {
  const fitted = fit(
    record,
    options.maxBytes,
    (shorter, truncated) => encode(shorter, truncated, options, options.message(shorter, truncated)),
    bytes => bytes.length,
  )
  // Without a message, which section 6 allows. What is left has 2048 bytes at most, which every receiver of TLS takes.
  return fitted?.encoded ?? encode(shortest(record), true, options, '')
}

function encode(record: AuditRecord, truncated: boolean, options: SyslogOptions, message: string): Buffer {
  const { entry, id } = record
  const { host, version } = options.emitter
  const header = [
    `<${FACILITY * 8 + SEVERITY[entry.outcome]}>1`,
    new Date(entry.at).toISOString(),
    printable(host, 255),
    'berth',
    '-',
    printable(entry.type, 32),
  ].join(' ')
  const origin = element('origin', { software: 'berth', swVersion: version })
  const own = element(`berth@${options.enterpriseNumber}`, {
    sequence: String(record.sequence),
    id,
    hash: record.hash,
    type: entry.type,
    category: entry.category,
    outcome: entry.outcome,
    actor: entry.actor.name,
    actorId: entry.actor.id,
    address: entry.origin.address,
    repository: entry.resource.repository,
    digest: entry.resource.digest,
    requestId: entry.origin.requestId,
    truncated: truncated ? 'true' : undefined,
  })
  return Buffer.from(`${header} ${origin}${own}${message === '' ? '' : ` ${BOM}${message}`}`)
}

/** Section 6.3. */
function element(id: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [` ${name}="${parameterValue(value)}"`],
  )
  return `[${id}${pairs.join('')}]`
}

/** Section 6.3.3: '"', '\' and ']' are escaped; control characters are allowed and better not there. */
function parameterValue(text: string): string {
  return visible(text).replace(/["\\\]]/g, '\\$&')
}

/** Section 6: PRINTUSASCII, so many characters at most, "-" for none. */
function printable(text: string, characters: number): string {
  return text.replace(/[^\x21-\x7e]/g, '_').slice(0, characters) || '-'
}
