import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import { projectId } from '../identity/projects.ts'

/** A retention policy as it is stored; what the document says is for others to know. */
export interface StoredPolicy {
  readonly document: unknown
  /** Milliseconds since the epoch, as all times here. Undefined: when it has no schedule, or that is to be reckoned. */
  readonly nextRunAt: number | undefined
  readonly updatedAt: number
  readonly updatedBy: string
}

export interface NewPolicy {
  readonly document: object
  readonly schedule: string | undefined
  readonly nextRunAt: number | undefined
}

export interface PolicyChange {
  readonly project: string
  readonly by: string
  readonly now: number
  /** What comes of the policy there is; a text says why nothing does. Pure. */
  readonly change: (before: unknown) => NewPolicy | string
}

export type PolicyChanged =
  | { readonly outcome: 'unknown project' }
  | { readonly outcome: 'refused'; readonly because: string }
  | { readonly outcome: 'changed'; readonly before: unknown; readonly after: unknown }

export interface DuePolicy {
  readonly project: string
  readonly document: unknown
  readonly schedule: string
  readonly nextRunAt: number | undefined
}

/** One policy at most for each project. */
export interface RetentionPolicies {
  find(project: string): Promise<StoredPolicy | undefined>
  /** The documents of those that have one. */
  ofProjects(projects: readonly string[]): Promise<ReadonlyMap<string, unknown>>
  /** Durable. */
  change(change: PolicyChange, record: Recording<PolicyChanged>): Promise<PolicyChanged>
  /** False when there is none; durable. */
  remove(project: string, record: Recording<boolean>): Promise<boolean>
  /** Those whose time has come, or whose time was never reckoned. */
  due(now: number, limit: number): Promise<readonly DuePolicy[]>
}

export function createRetentionPolicies(engine: Engine): RetentionPolicies {
  return {
    async find(project) {
      const row = await engine.db
        .selectFrom('retention_policies')
        .select(['document', 'next_run_at', 'updated_at', 'updated_by'])
        .where('project_id', '=', idOfProject(engine.db, project))
        .executeTakeFirst()
      return (
        row && {
          document: JSON.parse(row.document),
          nextRunAt: row.next_run_at ?? undefined,
          updatedAt: row.updated_at,
          updatedBy: row.updated_by,
        }
      )
    },
    async ofProjects(projects) {
      if (projects.length === 0) return new Map()
      const rows = await engine.db
        .selectFrom('retention_policies')
        .innerJoin('projects', 'projects.id', 'retention_policies.project_id')
        .select(['projects.name', 'retention_policies.document'])
        .where('projects.name', 'in', [...projects])
        .execute()
      return new Map(rows.map(({ name, document }) => [name, JSON.parse(document)]))
    },
    change: (change, record) => recordedWrite(engine, record, queries => changePolicy(queries, change)),
    remove: (project, record) =>
      recordedWrite(engine, record, async queries => {
        const { numDeletedRows } = await queries
          .deleteFrom('retention_policies')
          .where('project_id', '=', idOfProject(queries, project))
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
    async due(now, limit) {
      const rows = await engine.db
        .selectFrom('retention_policies')
        .innerJoin('projects', 'projects.id', 'retention_policies.project_id')
        .select(['projects.name', 'document', 'schedule', 'next_run_at'])
        .where('schedule', 'is not', null)
        .where(where => where.or([where('next_run_at', 'is', null), where('next_run_at', '<=', now)]))
        .orderBy('retention_policies.project_id')
        .limit(limit)
        .execute()
      return rows.map(({ name, document, schedule, next_run_at }) => ({
        project: name,
        document: JSON.parse(document),
        schedule: schedule as string,
        nextRunAt: next_run_at ?? undefined,
      }))
    },
  }
}

export function idOfProject(queries: Queries, name: string) {
  return queries.selectFrom('projects').select('id').where('name', '=', name)
}

async function changePolicy(queries: Queries, { project, by, now, change }: PolicyChange): Promise<PolicyChanged> {
  const id = await projectId(queries, project)
  if (id === undefined) return { outcome: 'unknown project' }
  const row = await queries
    .selectFrom('retention_policies')
    .select('document')
    .where('project_id', '=', id)
    .executeTakeFirst()
  const before: unknown = row && JSON.parse(row.document)
  const after = change(before)
  if (typeof after === 'string') return { outcome: 'refused', because: after }
  const columns = {
    document: JSON.stringify(after.document),
    schedule: after.schedule ?? null,
    next_run_at: after.nextRunAt ?? null,
    updated_at: now,
    updated_by: by,
  }
  await queries
    .insertInto('retention_policies')
    .values({ project_id: id, ...columns })
    .onConflict(conflict => conflict.column('project_id').doUpdateSet(columns))
    .execute()
  return { outcome: 'changed', before, after: after.document }
}
