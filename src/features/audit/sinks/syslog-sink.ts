import type { AuditRecord } from '../../../stores/metadata/index.ts'
import { cefLine } from './formats/cef.ts'
import type { Emitter } from './formats/emitter.ts'
import { jsonLine } from './formats/json.ts'
import { ocsfEvent } from './formats/ocsf.ts'
import { syslogMessage } from './formats/syslog.ts'
import { visibleJson } from './formats/visible.ts'
import type { Outbound } from './outbound.ts'
import type { SyslogSettings, TextFormat } from './settings.ts'
import { ALL_TAKEN, type AuditSink } from './sink.ts'
import { sendFrames } from './transports/stream.ts'

const BATCH = 500

export function syslogSink(settings: SyslogSettings, outbound: Outbound, emitter: Emitter): AuditSink {
  const { name, host, port, tls, confirmed, enterpriseNumber, maxBytes, format } = settings
  const stream = { to: { host, port, ...(tls ? { tls } : {}) }, confirmed }
  const options = { emitter, enterpriseNumber, maxBytes, message: textOf(format, emitter) }
  return {
    name,
    batch: BATCH,
    async send(records, signal) {
      await sendFrames(
        outbound,
        stream,
        records.map(record => syslogMessage(record, options)),
        signal,
      )
      return ALL_TAKEN
    },
  }
}

/** A record as one line. */
export function textOf(format: TextFormat, emitter: Emitter): (record: AuditRecord, truncated?: boolean) => string {
  if (format === 'cef') return (record, truncated) => cefLine(record, emitter, truncated)
  if (format === 'ocsf') return (record, truncated) => visibleJson(ocsfEvent(record, emitter, truncated))
  return jsonLine
}
