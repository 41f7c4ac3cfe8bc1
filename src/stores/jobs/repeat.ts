import { pause } from '../../platform/clock/index.ts'
import { startHeartbeat } from './heartbeat.ts'
import type { JobObserver, JobOutcome } from './jobs.ts'
import type { Recurrences } from './recurrences.ts'

const AFTER_FAULT_MS = 5_000
/** A look at one row costs nothing; a timer of weeks would overflow. */
const LONGEST_WAIT_MS = 3_600_000

export interface Repetition {
  readonly name: string
  readonly everyMs: number
  readonly leaseMs: number
  readonly run: (signal: AbortSignal) => Promise<void>
}

/**
 * Runs one recurring job until `stopping`. Each process asks when, by its own timer, the row says it may be due;
 * whether it runs is decided by the row alone.
 */
export async function repeat(
  repetition: Repetition,
  recurrences: Recurrences,
  observer: JobObserver,
  stopping: AbortSignal,
): Promise<void> {
  while (!stopping.aborted) {
    let waitMs: number
    try {
      waitMs = await runIfDue(repetition, recurrences, observer, stopping)
    } catch (error) {
      observer.fault(error)
      waitMs = AFTER_FAULT_MS
    }
    await pause(Math.min(waitMs, LONGEST_WAIT_MS), stopping)
  }
}

/** Gives how long to wait before asking again. */
async function runIfDue(
  { name, everyMs, leaseMs, run }: Repetition,
  recurrences: Recurrences,
  observer: JobObserver,
  stopping: AbortSignal,
): Promise<number> {
  const { endedAt, leaseUntil, now } = await recurrences.find(name)
  const due = Math.max(endedAt + everyMs, leaseUntil)
  if (due > now) return due - now
  const holder = crypto.randomUUID()
  // Another was faster, and runs it or has run it already.
  if (!(await recurrences.take(name, holder, everyMs, leaseMs))) return Math.min(everyMs, leaseMs)
  const heartbeat = startHeartbeat(() => recurrences.renew(name, holder, leaseMs), leaseMs)
  const signal = AbortSignal.any([stopping, heartbeat.lost])
  try {
    await run(signal)
    observer.settled({ job: name, outcome: 'completed' })
  } catch (error) {
    const outcome: JobOutcome = signal.aborted ? 'interrupted' : 'failed'
    observer.settled({ job: name, outcome, error })
  } finally {
    await heartbeat.stop()
    await recurrences.give(name, holder)
  }
  return everyMs
}
