import { pause } from '../../../platform/clock/index.ts'
import type { Emitter } from './formats/emitter.ts'
import { splunkEvent } from './formats/splunk.ts'
import type { Outbound } from './outbound.ts'
import type { SplunkSettings } from './settings.ts'
import { ALL_TAKEN, type AuditSink, DeliveryFailed } from './sink.ts'
import { post } from './transports/post.ts'

/** Acknowledgements take seconds, so more is sent at once than elsewhere. */
const BATCH = 2000
/** Splunk's advice is to ask every 10 s and to send again after 5 minutes. */
const ASK_MS = [500, 1000, 2000, 5000, 10_000] as const
const MOST_ASKED_MS = 300_000

interface Timing {
  readonly askMs: readonly number[]
  readonly mostAskedMs: number
}

/** HTTP Event Collector. Its 200 says that events came in; whether they are indexed is asked for, on a channel. */
export function splunkSink(
  settings: SplunkSettings,
  outbound: Outbound,
  emitter: Emitter,
  timing: Timing = { askMs: ASK_MS, mostAskedMs: MOST_ASKED_MS },
): AuditSink {
  const { name, url, token, source, sourcetype, index, acknowledged, tls } = settings
  const base = url.replace(/\/+$/, '')
  const channel = crypto.randomUUID()
  const headers = () => ({
    Authorization: `Splunk ${token.reveal()}`,
    'Content-Type': 'application/json',
    'X-Splunk-Request-Channel': channel,
  })
  const send = (path: string, body: string, signal: AbortSignal) =>
    post(outbound, { url: `${base}${path}`, headers: headers(), body, signal, ...(tls ? { tls } : {}) })

  async function indexed(ackId: number, signal: AbortSignal): Promise<void> {
    let waitedMs = 0
    for (let tries = 0; waitedMs < timing.mostAskedMs && !signal.aborted; tries += 1) {
      const waitMs = timing.askMs[Math.min(tries, timing.askMs.length - 1)] as number
      await pause(waitMs, signal)
      waitedMs += waitMs
      const answer = await send(`/services/collector/ack?channel=${channel}`, JSON.stringify({ acks: [ackId] }), signal)
      const { acks } = parsed(answer) as { acks?: Record<string, boolean> }
      if (acks?.[ackId] === true) return
    }
    throw new DeliveryFailed('the events were not indexed in time')
  }

  return {
    name,
    batch: BATCH,
    async send(records, signal) {
      const options = { emitter, source, sourcetype, ...(index === undefined ? {} : { index }) }
      const body = records.map(record => splunkEvent(record, options)).join('\n')
      const { ackId } = parsed(await send('/services/collector/event', body, signal)) as { ackId?: unknown }
      if (!acknowledged) return ALL_TAKEN
      if (typeof ackId !== 'number')
        throw new DeliveryFailed('no acknowledgement is offered: switch it on for the token, or off for this sink')
      await indexed(ackId, signal)
      return ALL_TAKEN
    },
  }
}

function parsed(answer: string): object {
  try {
    return Object(JSON.parse(answer))
  } catch (error) {
    throw new DeliveryFailed(`the answer is no JSON: ${error instanceof Error ? error.message : error}`)
  }
}
