import { pause } from '../../../platform/clock/index.ts'
import { startHeartbeat } from '../heartbeat.ts'
import {
  type JobHandler,
  type JobObserver,
  type JobOutcome,
  type JobTiming,
  LONGEST_RETRY_SECONDS,
  type Queue,
} from '../jobs.ts'
import type { JobRows, TakenJob } from './job-rows.ts'

/** Works on a queue, one job after the other, until `stopping`. */
export async function workOn<Data extends object>(
  queue: Queue<Data>,
  handler: JobHandler<Data>,
  rows: JobRows,
  observer: JobObserver,
  { leaseMs, pollMs }: JobTiming,
  stopping: AbortSignal,
): Promise<void> {
  while (!stopping.aborted) {
    const holder = crypto.randomUUID()
    try {
      const job = await rows.take(queue.name, holder, leaseMs, queue.singleton)
      if (job) {
        await settle(job, queue, handler, rows, observer, holder, leaseMs, stopping)
        continue
      }
    } catch (error) {
      observer.fault(error)
    }
    await pause(pollMs, stopping)
  }
}

async function settle<Data extends object>(
  { id, data, attempt }: TakenJob,
  queue: Queue<Data>,
  handler: JobHandler<Data>,
  rows: JobRows,
  observer: JobObserver,
  holder: string,
  leaseMs: number,
  stopping: AbortSignal,
): Promise<void> {
  const heartbeat = startHeartbeat(() => rows.renew(id, holder, leaseMs), leaseMs)
  const interrupted = AbortSignal.any([stopping, heartbeat.lost])
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(queue.timeoutSeconds * 1000)])
  try {
    // Its last run was cut off with the process that ran it.
    if (attempt > queue.attempts) throw new Error('The process that ran it ended.')
    await handler({ data: queue.parse(JSON.parse(data)), attempt, signal })
    await rows.complete(id, holder)
    observer.settled({ job: queue.name, outcome: 'completed' })
  } catch (error) {
    const isLast = attempt >= queue.attempts
    const outcome: JobOutcome = isLast ? 'given-up' : interrupted.aborted ? 'interrupted' : 'failed'
    observer.settled({ job: queue.name, outcome, error })
    const message = error instanceof Error ? error.message : String(error)
    if (isLast) await rows.giveUp(id, holder, message)
    else await rows.putBack(id, holder, Date.now() + retryMs(queue, attempt), message)
  } finally {
    await heartbeat.stop()
  }
}

/** As pg-boss does: twice as long each time, of which half is left to chance. */
function retryMs({ retrySeconds }: Pick<Queue<object>, 'retrySeconds'>, attempt: number): number {
  const longest = Math.min(retrySeconds * 2 ** (attempt - 1), LONGEST_RETRY_SECONDS)
  return longest * 500 * (1 + Math.random())
}
