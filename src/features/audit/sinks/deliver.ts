import { type Clock, pause } from '../../../platform/clock/index.ts'
import type { AuditRecord, AuditRecords, AuditSinks } from '../../../stores/metadata/index.ts'
import { type AuditSink, DeliveryFailed } from './sink.ts'

export interface Delivery {
  readonly sink: AuditSink
  readonly records: Pick<AuditRecords, 'read' | 'head'>
  readonly sinks: Pick<AuditSinks, 'cursor' | 'advance'>
  readonly clock: Clock
}

export interface SinkLag {
  readonly records: number
  /** The age of the oldest record that the receiver does not have. */
  readonly seconds: number
}

/** Hears how a sink does. */
export interface DeliveryObserver {
  delivered(sink: string, records: number): void
  failed(sink: string, error: unknown, retryMs: number): void
  /** Records that the receiver will not get: it refused them for good, or they are not in the log any more. */
  missed(sink: string, records: number): void
  /** Undefined when another process may deliver from here on. */
  lag(sink: string, lag: SinkLag | undefined): void
}

export interface DeliveryTiming {
  /** Between two looks when there is nothing to send. */
  readonly lookMs: number
  readonly firstRetryMs: number
  readonly longestRetryMs: number
}

export const DELIVERY_TIMING: DeliveryTiming = { lookMs: 1000, firstRetryMs: 1000, longestRetryMs: 300_000 }
const LONGEST_ASKED_MS = 3_600_000

/**
 * Sends what the sink does not have, in order and at least once, until `signal`; from wherever the cursor is, so that an
 * outage of any length loses nothing. Only one may run for a sink at a time. @throws what the database says.
 */
export async function deliverUntil(
  signal: AbortSignal,
  delivery: Delivery,
  observer: DeliveryObserver,
  timing: DeliveryTiming = DELIVERY_TIMING,
): Promise<void> {
  const { sink, records, sinks, clock } = delivery
  let limit = sink.batch
  let failures = 0
  try {
    while (!signal.aborted) {
      const cursor = await sinks.cursor(sink.name, clock())
      const batch = await records.read(cursor, limit)
      observer.lag(sink.name, await lagOf(delivery, cursor, batch))
      if (batch.length === 0) {
        await pause(timing.lookMs, signal)
        continue
      }
      try {
        await sendBatch(delivery, cursor, batch, observer, signal)
        failures = 0
        limit = Math.min(sink.batch, limit * 2)
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof CursorMoved) throw error
        failures += 1
        // Perhaps it is too much for the receiver, or one record is.
        limit = Math.max(1, Math.floor(limit / 2))
        const waitMs = patience(error, failures, timing)
        observer.failed(sink.name, error, waitMs)
        await pause(waitMs, signal)
      }
    }
  } finally {
    observer.lag(sink.name, undefined)
  }
}

/** Somebody else delivers to this sink: our turn is over. */
class CursorMoved extends Error {
  override readonly name = 'CursorMoved'
}

async function sendBatch(
  { sink, sinks, clock }: Delivery,
  cursor: number,
  batch: readonly AuditRecord[],
  observer: DeliveryObserver,
  signal: AbortSignal,
): Promise<void> {
  const { refused } = await unlessAborted(signal, sink.send(batch, signal))
  const to = (batch.at(-1) as AuditRecord).sequence
  const moved = await sinks.advance(sink.name, { from: cursor, to, now: clock() })
  if (!moved) throw new CursorMoved(`Another process delivers to the sink ${sink.name}, too.`)
  observer.delivered(sink.name, batch.length - refused)
  const missed = to - cursor - batch.length + refused
  if (missed > 0) observer.missed(sink.name, missed)
}

/** A receiver that says nothing does not hold up a stop; what it has by then it gets again. */
async function unlessAborted<Result>(signal: AbortSignal, sending: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(new DeliveryFailed('the delivery was stopped'))
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([sending, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** @throws when the receiver has more than there is: somebody cut the log, or an old database was brought back. */
async function lagOf(
  { sink, records, clock }: Delivery,
  cursor: number,
  batch: readonly AuditRecord[],
): Promise<SinkLag> {
  const { sequence } = await records.head()
  if (cursor > sequence) {
    throw new DeliveryFailed(
      `The sink ${sink.name} has record ${cursor}, and the log ends with ${sequence}: run berth audit verify. A sink with another name begins anew.`,
    )
  }
  const [oldest] = batch
  const seconds = oldest ? Math.max(0, (clock() - oldest.entry.at) / 1000) : 0
  return { records: sequence - cursor, seconds }
}

/** Twice as long each time, with up to half of it left to chance; longer when the receiver asked for it. */
function patience(error: unknown, failures: number, { firstRetryMs, longestRetryMs }: DeliveryTiming): number {
  const most = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 30))
  const asked = error instanceof DeliveryFailed ? (error.retryAfterMs ?? 0) : 0
  return Math.max(most / 2 + (Math.random() * most) / 2, Math.min(asked, LONGEST_ASKED_MS))
}
