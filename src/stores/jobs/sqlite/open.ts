import { sql } from 'kysely'
import type { Engine } from '../../metadata/index.ts'
import { type JobObserver, type Jobs, type JobTiming, KEPT_SECONDS, TIMING } from '../jobs.ts'
import { createRecurrences } from '../recurrences.ts'
import { repeat } from '../repeat.ts'
import { createJobRows } from './job-rows.ts'
import { workOn } from './work.ts'

const FORGET_EVERY_MS = 3_600_000

export interface SqliteJobsOptions {
  /** Whether no other process works on jobs, so that what seems to be held is left over. */
  readonly alone: boolean
  readonly timing?: JobTiming
}

/** One machine, one clock. */
export const machineClock = () => sql<number>`${Date.now()}`

/** Jobs in the tables beside the metadata. Opening it does nothing yet. */
export function openSqliteJobs(engine: Engine, { alone, timing = TIMING }: SqliteJobsOptions): Jobs {
  const rows = createJobRows(engine)
  const recurrences = createRecurrences(engine, machineClock)
  const stopping = new AbortController()
  const running: Promise<void>[] = []
  let forgetting: ReturnType<typeof setInterval> | undefined
  let observer: JobObserver | undefined
  const started = () => {
    if (!observer) throw new Error('Jobs must be started before they are worked on.')
    return observer
  }
  return {
    enqueue: (queries, { queue, data, afterSeconds = 0 }) =>
      rows.add(queries, { name: queue.name, data: JSON.stringify(data), runAt: Date.now() + afterSeconds * 1000 }),
    async start(hears) {
      observer = hears
      if (alone) await Promise.all([rows.releaseAll(), recurrences.releaseAll()])
      const forget = () => rows.forgetFinished(Date.now() - KEPT_SECONDS * 1000).catch(hears.fault)
      await forget()
      forgetting = setInterval(forget, FORGET_EVERY_MS)
    },
    async work(queue, handler) {
      running.push(workOn(queue, handler, rows, started(), timing, stopping.signal))
    },
    repeat(name, everySeconds, run) {
      const repetition = { name, everyMs: Math.round(everySeconds * 1000), leaseMs: timing.leaseMs, run }
      running.push(repeat(repetition, recurrences, started(), stopping.signal))
    },
    async stop() {
      stopping.abort(new Error('Berth is stopping.'))
      clearInterval(forgetting)
      await Promise.all(running)
    },
  }
}
