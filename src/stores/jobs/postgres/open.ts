import { sql } from 'kysely'
import type { Engine, PostgresOptions } from '../../metadata/index.ts'
import { type JobObserver, type Jobs, type JobTiming, type Queue, TIMING } from '../jobs.ts'
import { createRecurrences } from '../recurrences.ts'
import { repeat } from '../repeat.ts'
import type { OpenedBoss } from './boss.ts'

const STOP_TIMEOUT_MS = 30_000

/** The database's clock: those of the replicas differ. */
export const postgresClock = () => sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`

/**
 * Jobs that changes ask for are pg-boss's, which is loaded when it is first needed. Recurring ones are rows of ours
 * (decisions/0008). Opening it does nothing yet.
 */
export function openPostgresJobs(engine: Engine, options: PostgresOptions, timing: JobTiming = TIMING): Jobs {
  const recurrences = createRecurrences(engine, postgresClock)
  const stopping = new AbortController()
  const repeating: Promise<void>[] = []
  const created = new Set<string>()
  let loading: Promise<OpenedBoss & typeof import('./boss.ts') & typeof import('./queues.ts')> | undefined
  let observer: JobObserver | undefined

  const load = async () => {
    const [bosses, queues] = await Promise.all([import('./boss.ts'), import('./queues.ts')])
    return { ...bosses, ...queues, ...bosses.createBoss(options, timing) }
  }
  const opened = () => {
    loading ??= load()
    return loading
  }
  const started = () => {
    if (!observer) throw new Error('Jobs must be started before they are worked on.')
    return observer
  }
  const ensureQueue = async <Data extends object>(queue: Queue<Data>) => {
    const { boss, createQueue } = await opened()
    if (created.has(queue.name)) return
    await createQueue(boss, queue)
    created.add(queue.name)
  }
  return {
    async enqueue(queries, { queue, data, afterSeconds = 0 }) {
      const { boss, overTransaction } = await opened()
      await ensureQueue(queue)
      // A number of seconds is added to the database's clock.
      await boss.send(queue.name, data, { db: overTransaction(queries), startAfter: afterSeconds })
    },
    async start(hears) {
      observer = hears
      const { boss } = await opened()
      boss.on('error', hears.fault)
      boss.on('warning', hears.fault)
      await boss.start()
    },
    async work(queue, handler) {
      const hears = started()
      const { boss, workOn } = await opened()
      await workOn(boss, queue, handler, hears, timing.pollMs, stopping.signal)
    },
    repeat(name, everySeconds, run) {
      const repetition = { name, everyMs: Math.round(everySeconds * 1000), leaseMs: timing.leaseMs, run }
      repeating.push(repeat(repetition, recurrences, started(), stopping.signal))
    },
    async stop() {
      stopping.abort(new Error('Berth is stopping.'))
      await Promise.all(repeating)
      if (!loading) return
      const { boss, close } = await loading
      await boss.stop({ close: false, timeout: STOP_TIMEOUT_MS })
      await close()
    },
  }
}
