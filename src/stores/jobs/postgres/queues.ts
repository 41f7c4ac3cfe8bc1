import type { Job, PgBoss } from 'pg-boss'
import {
  type JobHandler,
  type JobObserver,
  type JobOutcome,
  KEPT_SECONDS,
  LONGEST_RETRY_SECONDS,
  type Queue,
} from '../jobs.ts'

/** The least that pg-boss takes. */
const HEARTBEAT_SECONDS = 10

function settingsOf(queue: Queue<object>) {
  return {
    retryLimit: queue.attempts - 1,
    retryDelay: queue.retrySeconds,
    retryBackoff: true,
    retryDelayMax: LONGEST_RETRY_SECONDS,
    expireInSeconds: queue.timeoutSeconds,
    deleteAfterSeconds: KEPT_SECONDS,
    heartbeatSeconds: HEARTBEAT_SECONDS,
  }
}

/** Makes the queue when it is new. Of several processes at once one does. */
export async function createQueue<Data extends object>(boss: PgBoss, queue: Queue<Data>): Promise<void> {
  await boss.createQueue(queue.name, { policy: queue.singleton ? 'singleton' : 'standard', ...settingsOf(queue) })
}

/** Works on a queue, one job at a time, until pg-boss is stopped. */
export async function workOn<Data extends object>(
  boss: PgBoss,
  queue: Queue<Data>,
  handler: JobHandler<Data>,
  observer: JobObserver,
  pollMs: number,
  stopping: AbortSignal,
): Promise<void> {
  await createQueue(boss, queue)
  // An earlier version may have made it with other settings.
  await boss.updateQueue(queue.name, settingsOf(queue))
  await boss.work(queue.name, { pollingIntervalSeconds: pollMs / 1000, batchSize: 1 }, async (jobs: Job<object>[]) => {
    const [job] = jobs
    if (!job) return
    const attempt = job.retryCount + 1
    const signal = AbortSignal.any([job.signal, stopping])
    try {
      await handler({ data: queue.parse(job.data), attempt, signal })
      observer.settled({ job: queue.name, outcome: 'completed' })
    } catch (error) {
      const isLast = attempt >= queue.attempts
      const outcome: JobOutcome = isLast ? 'given-up' : stopping.aborted ? 'interrupted' : 'failed'
      observer.settled({ job: queue.name, outcome, error })
      throw error
    }
  })
}
