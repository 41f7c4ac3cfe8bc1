import type { AuditRecord } from '../../../../stores/metadata/index.ts'
import type { Emitter } from './emitter.ts'
import { jsonLine } from './json.ts'
import { visibleJson } from './visible.ts'

export interface SplunkOptions {
  readonly emitter: Emitter
  readonly source: string
  readonly sourcetype: string
  /** The token's own when absent. */
  readonly index?: string
}

/** One event of the HTTP Event Collector; several are one behind the other in a body. */
export function splunkEvent(record: AuditRecord, { emitter, source, sourcetype, index }: SplunkOptions): string {
  const about = visibleJson({
    time: record.entry.at / 1000,
    host: emitter.host,
    source,
    sourcetype,
    ...(index === undefined ? {} : { index }),
  })
  return `${about.slice(0, -1)},"event":${jsonLine(record)}}`
}
