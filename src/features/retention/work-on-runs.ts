import { type Clock, pause } from '../../platform/clock/index.ts'
import { Moved, Unavailable } from '../../platform/outcome/index.ts'
import type {
  Asked,
  AuditDetail,
  AuditEntry,
  RetentionOutcome,
  RetentionPolicies,
  RetentionRuns,
  RetentionRunWork,
  StoredRun,
} from '../../stores/metadata/index.ts'
import { entryOf } from '../access/index.ts'
import { SYSTEM } from '../identity/index.ts'
import type { RetentionPolicy } from './policy.ts'
import type { RetentionItem, RunRetention } from './run-port.ts'
import { type RunCounts, RunList } from './run-report.ts'
import { nextTime } from './schedule.ts'

export interface RunFact extends RunCounts {
  readonly id: string
  readonly project: string
  readonly isDryRun: boolean
  readonly outcome: RetentionOutcome
  readonly error?: string | undefined
}

export interface RetentionWork {
  readonly policies: Pick<RetentionPolicies, 'due'>
  readonly runs: RetentionRunWork & Pick<RetentionRuns, 'items'>
  readonly run: RunRetention
  readonly clock: Clock
  /** Hears what becomes of runs. */
  readonly ended: (fact: RunFact) => void
}

const LOOK_MS = 1000
const PROGRESS_MS = 1000
const DUE_AT_ONCE = 100
const LISTS_AT_ONCE = 20
/** A run that takes its process down each time must not go on for ever. */
const MOST_ATTEMPTS = 5
const DAY_MS = 24 * 3600 * 1000
const KEPT = { runs: 200, ms: 400 * DAY_MS, withItems: 10 }

/** Starts what schedules say and works on runs, one after the other, until `stopping`. @throws what the database says. */
export async function workOnRuns(stopping: AbortSignal, work: RetentionWork): Promise<void> {
  while (!stopping.aborted) {
    await fireDue(work)
    const run = await work.runs.next()
    if (run) await perform(work, run, stopping)
    else await pause(LOOK_MS, stopping)
  }
}

async function fireDue({ policies, runs, clock }: RetentionWork): Promise<void> {
  const now = clock()
  for (const { project, document, schedule, nextRunAt } of await policies.due(now, DUE_AT_ONCE)) {
    const after = nextTime(schedule, now)
    if (nextRunAt === undefined) {
      await runs.schedule(project, after)
      continue
    }
    const policy = document as RetentionPolicy
    const { isDryRun } = policy
    const run = { id: Bun.randomUUIDv7(), project, isDryRun, policy, askedAt: now, askedBy: SYSTEM.name }
    // What was missed while no server ran is done once.
    await runs.fire(run, { nextRunAt, after }, ({ outcome }: Asked) =>
      outcome === 'asked' ? [entry('retention-run.start', run, now, { isDryRun, run: run.id, schedule })] : [],
    )
  }
}

async function perform(work: RetentionWork, run: StoredRun, stopping: AbortSignal): Promise<void> {
  const { runs, clock } = work
  const list = new RunList(runs, run.id)
  const before = run.attempts > 0 && !run.isDryRun ? await deletedBefore(runs, run.id) : []
  await runs.begin(run.id, clock())
  for (const item of before) await list.add(item)
  if (run.stoppedBy !== undefined) return end(work, run, list, 'stopped')
  if (run.attempts >= MOST_ATTEMPTS)
    return end(work, run, list, 'failed', `The process that ran it ended ${run.attempts} times.`)
  const asked = new AbortController()
  const signal = AbortSignal.any([stopping, asked.signal])
  const telling = tellProgress(runs, run.id, list, asked)
  try {
    const outcome = await runAndList(work, run, list, signal)
    await telling.stop()
    stopping.throwIfAborted()
    await end(work, run, list, outcome)
  } catch (error) {
    // Whoever takes it over begins anew, and does what is left.
    if (stopping.aborted) await list.flush()
    if (stopping.aborted || error instanceof Unavailable || error instanceof Moved) throw error
    if (asked.signal.aborted) return end(work, run, list, 'stopped')
    await end(work, run, list, 'failed', error instanceof Error ? error.message : String(error))
  } finally {
    await telling.stop()
  }
}

async function runAndList(work: RetentionWork, run: StoredRun, list: RunList, signal: AbortSignal) {
  const task = { project: run.project, policy: run.policy as RetentionPolicy, by: run.askedBy }
  const onItem = (item: RetentionItem) => list.add(item)
  const { outcome } = await work.run(task, { isDryRun: run.isDryRun, signal, onItem })
  // It deleted nothing and told nothing: what it would have deleted is what people look for then.
  if (outcome === 'fuse' && !run.isDryRun) await work.run(task, { isDryRun: true, signal, onItem })
  return outcome
}

/** By an attempt that was cut off. Of what it kept, the next one tells again. */
async function deletedBefore(runs: Pick<RetentionRuns, 'items'>, id: string): Promise<readonly RetentionItem[]> {
  const deleted: RetentionItem[] = []
  for (let from = 0; ; ) {
    const lists = await runs.items(id, { from, lists: LISTS_AT_ONCE })
    const last = lists.at(-1)
    if (!last || last.position < from) return deleted
    deleted.push(
      ...(lists.flatMap(({ items }) => items) as RetentionItem[]).filter(({ action }) => action === 'delete'),
    )
    from = last.position + last.items.length
  }
}

/** Writes down how far the run is, and hears whether somebody wants it to end. */
function tellProgress(runs: RetentionRunWork, id: string, list: RunList, asked: AbortController) {
  const stopped = new AbortController()
  const tell = async () => {
    while (!stopped.signal.aborted) {
      await pause(PROGRESS_MS, stopped.signal)
      if (stopped.signal.aborted) return
      const stoppedBy = await runs.progress(id, list.counts())
      if (stoppedBy !== undefined) asked.abort(new Error(`${stoppedBy} stopped the run.`))
    }
  }
  // Progress that cannot be told is no fault of the run, whose own writes say what is the matter.
  const telling = tell().catch(() => undefined)
  return {
    async stop() {
      stopped.abort()
      await telling
    },
  }
}

async function end(
  { runs, clock, ended }: RetentionWork,
  run: StoredRun,
  list: RunList,
  outcome: RetentionOutcome,
  error?: string,
): Promise<void> {
  await list.flush()
  const [at, counts] = [clock(), list.counts()]
  const { id, project, isDryRun, askedBy } = run
  const detail = { isDryRun, run: id, askedBy, outcome, ...counts, ...(error === undefined ? {} : { error }) }
  await runs.end(id, { at, outcome, counts, error }, () => [entry('retention-run.end', run, at, detail)])
  ended({ id, project, isDryRun, outcome, error, ...counts })
  await runs.forget(project, { runs: KEPT.runs, endedBefore: at - KEPT.ms, withItems: KEPT.withItems })
}

function entry(
  type: string,
  { id, project }: Pick<StoredRun, 'id' | 'project'>,
  at: number,
  detail: AuditDetail,
): AuditEntry {
  const outcome = detail.outcome === 'failed' ? 'failure' : 'success'
  return entryOf(
    { principal: SYSTEM, origin: { address: '' }, resource: { project } },
    { at, type, category: 'system', outcome, resource: { kind: 'retention run', id }, detail },
  )
}
