import type { Clock } from '../../../platform/clock/index.ts'
import type { Emitter } from './formats/emitter.ts'
import { otlpLogs } from './formats/otlp.ts'
import type { Outbound } from './outbound.ts'
import { revealed } from './revealed.ts'
import type { OtlpSettings } from './settings.ts'
import type { AuditSink } from './sink.ts'
import { post } from './transports/post.ts'

const BATCH = 500

/** OpenTelemetry logs by OTLP/HTTP in JSON. */
export function otlpSink(settings: OtlpSettings, outbound: Outbound, emitter: Emitter, clock: Clock): AuditSink {
  const { name, url, headers, tls } = settings
  return {
    name,
    batch: BATCH,
    async send(records, signal) {
      const body = otlpLogs(records, emitter, clock())
      const all = { ...revealed(headers), 'Content-Type': 'application/json' }
      return { refused: refusedIn(await post(outbound, { url, headers: all, body, signal, ...(tls ? { tls } : {}) })) }
    },
  }
}

/** "The client MUST NOT retry the request when it receives a partial success response" (OTLP, partial success). */
function refusedIn(answer: string): number {
  if (answer === '') return 0
  const { partialSuccess } = Object(JSON.parse(answer)) as { partialSuccess?: { rejectedLogRecords?: string | number } }
  return Number(partialSuccess?.rejectedLogRecords ?? 0)
}
