import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import { projectId } from '../identity/projects.ts'
import type { RetentionOutcome } from '../schema-retention.ts'
import { idOfProject } from './policies.ts'

/** One run of a project's policy: asked for, under way or ended. Times are milliseconds since the epoch. */
export interface StoredRun {
  /** UUIDv7: a later one is greater. */
  readonly id: string
  readonly project: string
  readonly isDryRun: boolean
  /** As it was when the run was asked for. */
  readonly policy: unknown
  readonly askedAt: number
  readonly askedBy: string
  /** How often it began: again after a process was killed. */
  readonly attempts: number
  readonly startedAt: number | undefined
  readonly stoppedBy: string | undefined
  readonly endedAt: number | undefined
  readonly outcome: RetentionOutcome | undefined
  readonly counts: unknown
  readonly error: string | undefined
}

export interface NewRun extends Pick<StoredRun, 'id' | 'project' | 'isDryRun' | 'askedAt' | 'askedBy'> {
  readonly policy: object
}

export type Asked =
  | { readonly outcome: 'unknown project' | 'not due' }
  /** There is one already, which is given. */
  | { readonly outcome: 'under way' | 'asked'; readonly id: string; readonly isDryRun: boolean }

export interface RunEnd {
  readonly at: number
  readonly outcome: RetentionOutcome
  readonly counts: object
  readonly error?: string | undefined
}

/** What whoever asks for runs and looks at them needs. */
export interface RetentionRuns {
  /** A run for whoever works on them, unless one of the project is under way; durable. */
  ask(run: NewRun, record: Recording<Asked>): Promise<Asked>
  find(project: string, id: string): Promise<StoredRun | undefined>
  /** Newest first. @param page.before the id that the page before ended with. */
  list(project: string, page: { before?: string | undefined; limit: number }): Promise<readonly StoredRun[]>
  /** Lists of items as they were kept, each with the position of its first; from the one that `from` is in. */
  items(id: string, page: { from: number; lists: number }): Promise<readonly KeptItems[]>
  /** Asks for its end. False when it has ended, or there is none; durable. */
  stop(project: string, id: string, by: string, record: Recording<boolean>): Promise<boolean>
}

export interface KeptItems {
  readonly position: number
  readonly items: readonly unknown[]
}

/** What whoever works on runs needs. */
export interface RetentionRunWork {
  /** The oldest that has not ended. */
  next(): Promise<StoredRun | undefined>
  /** As {@link RetentionRuns.ask}, if the policy's time is still `nextRunAt`, which becomes `after`; durable. */
  fire(run: NewRun, due: { nextRunAt: number; after: number | undefined }, record: Recording<Asked>): Promise<Asked>
  /** Reckons the first time of a policy that has none. */
  schedule(project: string, nextRunAt: number | undefined): Promise<void>
  /** Durable. Without the items of an attempt before. */
  begin(id: string, at: number): Promise<void>
  /** Gives who asked for its end, if somebody did. */
  progress(id: string, counts: object): Promise<string | undefined>
  keepItems(id: string, kept: KeptItems): Promise<void>
  /** Durable. */
  end(id: string, end: RunEnd, record: Recording<void>): Promise<void>
  /** Of the project: leaves so many runs, none that ended before `endedBefore`, and items of so many. */
  forget(project: string, bounds: { runs: number; endedBefore: number; withItems: number }): Promise<void>
}

const COLUMNS = [
  'retention_runs.id',
  'is_dry_run',
  'policy',
  'asked_at',
  'asked_by',
  'attempts',
  'started_at',
  'stopped_by',
  'ended_at',
  'outcome',
  'counts',
  'error',
] as const

const PASSING = { durable: false }

export function createRetentionRuns(engine: Engine): RetentionRuns & RetentionRunWork {
  const runs = () =>
    engine.db
      .selectFrom('retention_runs')
      .innerJoin('projects', 'projects.id', 'retention_runs.project_id')
      .select([...COLUMNS, 'projects.name as project'])
  return {
    ask: (run, record) => recordedWrite(engine, record, queries => insertRun(queries, run)),
    async find(project, id) {
      const row = await runs()
        .where('projects.name', '=', project)
        .where('retention_runs.id', '=', id)
        .executeTakeFirst()
      return row && runOf(row)
    },
    async list(project, { before, limit }) {
      const rows = await runs()
        .where('retention_runs.project_id', '=', idOfProject(engine.db, project))
        .$if(before !== undefined, query => query.where('retention_runs.id', '<', before as string))
        .orderBy('retention_runs.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(runOf)
    },
    async items(id, { from, lists }) {
      const first = engine.db
        .selectFrom('retention_run_items')
        .select(({ fn }) => fn.max('position').as('position'))
        .where('run_id', '=', id)
        .where('position', '<=', from)
      const rows = await engine.db
        .selectFrom('retention_run_items')
        .select(['position', 'items'])
        .where('run_id', '=', id)
        .where('position', '>=', first)
        .orderBy('position')
        .limit(lists)
        .execute()
      return rows.map(({ position, items }) => ({ position, items: JSON.parse(items) }))
    },
    stop: (project, id, by, record) =>
      recordedWrite(engine, record, async queries => {
        const { numUpdatedRows } = await queries
          .updateTable('retention_runs')
          .set({ stopped_by: by })
          .where('project_id', '=', idOfProject(queries, project))
          .where('id', '=', id)
          .where('ended_at', 'is', null)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
    async next() {
      const row = await runs().where('ended_at', 'is', null).orderBy('retention_runs.id').limit(1).executeTakeFirst()
      return row && runOf(row)
    },
    fire: (run, { nextRunAt, after }, record) =>
      recordedWrite(engine, record, async queries => {
        const { numUpdatedRows } = await queries
          .updateTable('retention_policies')
          .set({ next_run_at: after ?? null })
          .where('project_id', '=', idOfProject(queries, run.project))
          .where('next_run_at', '=', nextRunAt)
          .executeTakeFirst()
        return numUpdatedRows > 0n ? insertRun(queries, run) : { outcome: 'not due' }
      }),
    async schedule(project, nextRunAt) {
      await engine.write(async queries => {
        await queries
          .updateTable('retention_policies')
          .set({ next_run_at: nextRunAt ?? null })
          .where('project_id', '=', idOfProject(queries, project))
          .where('next_run_at', 'is', null)
          .execute()
      })
    },
    begin: (id, at) =>
      engine.write(async queries => {
        await queries.deleteFrom('retention_run_items').where('run_id', '=', id).execute()
        await queries
          .updateTable('retention_runs')
          .set(({ eb, fn, val }) => ({
            attempts: eb('attempts', '+', 1),
            started_at: fn.coalesce('started_at', val(at)),
          }))
          .where('id', '=', id)
          .execute()
      }),
    progress: (id, counts) =>
      engine.write(async queries => {
        const row = await queries
          .updateTable('retention_runs')
          .set({ counts: JSON.stringify(counts) })
          .where('id', '=', id)
          .returning('stopped_by')
          .executeTakeFirst()
        return row?.stopped_by ?? undefined
      }, PASSING),
    async keepItems(id, { position, items }) {
      await engine.write(async queries => {
        await queries
          .insertInto('retention_run_items')
          .values({ run_id: id, position, items: JSON.stringify(items) })
          .execute()
      }, PASSING)
    },
    end: (id, { at, outcome, counts, error }, record) =>
      recordedWrite(engine, record, async queries => {
        await queries
          .updateTable('retention_runs')
          .set({ ended_at: at, outcome, counts: JSON.stringify(counts), error: error ?? null })
          .where('id', '=', id)
          .execute()
      }),
    forget: (project, bounds) => engine.write(queries => forgetRuns(queries, project, bounds), PASSING),
  }
}

async function insertRun(
  queries: Queries,
  { id, project, isDryRun, policy, askedAt, askedBy }: NewRun,
): Promise<Asked> {
  const project_id = await projectId(queries, project)
  if (project_id === undefined) return { outcome: 'unknown project' }
  const underWay = await queries
    .selectFrom('retention_runs')
    .select(['id', 'is_dry_run'])
    .where('project_id', '=', project_id)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (underWay) return { outcome: 'under way', id: underWay.id, isDryRun: underWay.is_dry_run === 1 }
  const none = { started_at: null, stopped_by: null, ended_at: null, outcome: null, error: null }
  const asked = { policy: JSON.stringify(policy), asked_at: askedAt, asked_by: askedBy, attempts: 0, counts: '{}' }
  await queries
    .insertInto('retention_runs')
    .values({ id, project_id, is_dry_run: isDryRun ? 1 : 0, ...asked, ...none })
    .execute()
  return { outcome: 'asked', id, isDryRun }
}

async function forgetRuns(
  queries: Queries,
  project: string,
  { runs, endedBefore, withItems }: Parameters<RetentionRunWork['forget']>[1],
): Promise<void> {
  const ended = () =>
    queries
      .selectFrom('retention_runs')
      .select('id')
      .where('project_id', '=', idOfProject(queries, project))
      .where('ended_at', 'is not', null)
  const newest = await ended().orderBy('id', 'desc').limit(runs).execute()
  const oldest = newest.at(-1)?.id
  if (oldest === undefined) return
  await queries
    .deleteFrom('retention_runs')
    .where('id', 'in', ended())
    .where(where => where.or([where('id', '<', oldest), where('ended_at', '<', endedBefore)]))
    .execute()
  const oldestWithItems = newest[withItems - 1]?.id
  if (oldestWithItems === undefined) return
  await queries
    .deleteFrom('retention_run_items')
    .where('run_id', 'in', ended().where('id', '<', oldestWithItems))
    .execute()
}

interface RunRow {
  readonly id: string
  readonly project: string
  readonly is_dry_run: number
  readonly policy: string
  readonly asked_at: number
  readonly asked_by: string
  readonly attempts: number
  readonly started_at: number | null
  readonly stopped_by: string | null
  readonly ended_at: number | null
  readonly outcome: RetentionOutcome | null
  readonly counts: string
  readonly error: string | null
}

function runOf(row: RunRow): StoredRun {
  return {
    id: row.id,
    project: row.project,
    isDryRun: row.is_dry_run === 1,
    policy: JSON.parse(row.policy),
    askedAt: row.asked_at,
    askedBy: row.asked_by,
    attempts: row.attempts,
    startedAt: row.started_at ?? undefined,
    stoppedBy: row.stopped_by ?? undefined,
    endedAt: row.ended_at ?? undefined,
    outcome: row.outcome ?? undefined,
    counts: JSON.parse(row.counts),
    error: row.error ?? undefined,
  }
}
