import {
  type AuditSink,
  createSink,
  type DeliveryTiming,
  deliverUntil,
  type SecretText,
  type SinkLag,
  type SinkParts,
  type SinkSettings,
} from '../../src/features/audit/index.ts'
import { openLineFile } from '../../src/stores/line-files/index.ts'
import { directOutbound } from './direct-outbound.ts'
import type { Log } from './log.ts'

export const parts: SinkParts = {
  outbound: directOutbound,
  emitter: { host: 'registry.example', version: '1.2.3' },
  clock: Date.now,
  openFile: openLineFile,
}

export const IMPATIENT: DeliveryTiming = { lookMs: 5, firstRetryMs: 5, longestRetryMs: 40 }

export function secretOf(text: string): SecretText {
  return { reveal: () => text }
}

export interface Delivering extends AsyncDisposable {
  readonly told: { delivered: number; missed: number; failures: string[]; lag: SinkLag | undefined }
}

/** Delivers as a server does, until it is disposed of. */
export function startDelivering(log: Log, sink: AuditSink | SinkSettings, limitMs?: number): Delivering {
  const told: Delivering['told'] = { delivered: 0, missed: 0, failures: [], lag: undefined }
  const stop = new AbortController()
  const { records, sinks } = log.tables
  const made =
    'send' in sink ? sink : createSink(sink, limitMs === undefined ? parts : { ...parts, outbound: impatient(limitMs) })
  const running = deliverUntil(
    stop.signal,
    { sink: made, records, sinks, clock: Date.now },
    {
      delivered: (_, count) => {
        told.delivered += count
      },
      missed: (_, count) => {
        told.missed += count
      },
      failed: (_, error) => told.failures.push(String(error)),
      lag: (_, lag) => {
        told.lag = lag
      },
    },
    IMPATIENT,
  )
  return {
    told,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

function impatient(timeoutMs: number): SinkParts['outbound'] {
  return { ...directOutbound, fetch: (url, request) => directOutbound.fetch(url, { ...request, timeoutMs }) }
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await Bun.sleep(5)
}
