import type { AuditOutcome, AuditRecord } from '../../../../stores/metadata/index.ts'
import type { Emitter } from './emitter.ts'
import { jsonLine } from './json.ts'
import { visible, visibleJson } from './visible.ts'

/** SeverityNumber of logs.proto: INFO, WARN. Enumerations are numbers in OTLP's JSON. */
const SEVERITY: Readonly<Record<AuditOutcome, readonly [number, string]>> = {
  success: [9, 'INFO'],
  denied: [13, 'WARN'],
  failure: [13, 'WARN'],
}

/** ExportLogsServiceRequest in OTLP's JSON encoding: names in lowerCamelCase, 64-bit numbers as strings. */
export function otlpLogs(records: readonly AuditRecord[], { host, version }: Emitter, nowMs: number): string {
  const resource = attributes({ 'service.name': 'berth', 'service.version': version, 'host.name': host })
  const logRecords = records.map(record => logRecord(record, nowMs))
  return visibleJson({
    resourceLogs: [
      { resource: { attributes: resource }, scopeLogs: [{ scope: { name: 'berth.audit', version }, logRecords }] },
    ],
  })
}

function logRecord(record: AuditRecord, nowMs: number): object {
  const { entry } = record
  const [severityNumber, severityText] = SEVERITY[entry.outcome]
  return {
    timeUnixNano: nanoseconds(entry.at),
    observedTimeUnixNano: nanoseconds(nowMs),
    severityNumber,
    severityText,
    body: { stringValue: jsonLine(record) },
    attributes: attributes({
      'event.name': `berth.${entry.type}`,
      'log.record.uid': record.id,
      'berth.audit.sequence': record.sequence,
      'berth.audit.hash': record.hash,
      'berth.audit.category': entry.category,
      'berth.audit.outcome': entry.outcome,
      'berth.audit.reason': entry.reason,
      'user.id': entry.actor.id,
      'user.name': entry.actor.name,
      'client.address': entry.origin.address,
      'user_agent.original': entry.origin.userAgent,
      'http.request.method': entry.origin.method,
      'url.path': entry.origin.path,
      'http.response.status_code': entry.status,
      'berth.project': entry.resource.project,
      'berth.repository': entry.resource.repository,
      'berth.tag': entry.resource.tag,
      'berth.digest': entry.resource.digest,
    }),
  }
}

function nanoseconds(ms: number): string {
  return `${Math.trunc(ms)}000000`
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): object[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [{ key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: visible(value) } }],
  )
}
