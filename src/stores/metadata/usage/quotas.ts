import type { Digest, RepositoryName } from '../../../oci/index.ts'
import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import { projectNameOf } from '../repositories.ts'
import type { QuotaPassed, UsageKind, Used } from '../schema-usage.ts'
import { usedBy } from './check.ts'
import { nameOf, type Scope } from './scope.ts'
import { type Standing, type StandingRow, selectStandings, standingsFrom } from './standings.ts'

export interface Quota {
  readonly hard?: number
  readonly soft?: number
}

export type QuotaSet = Readonly<Partial<Record<UsageKind, Quota>>>

export interface Usage {
  readonly used: Used
  readonly quotas: QuotaSet
}

/** Null takes a limit away. */
export type QuotaChange = Readonly<
  Partial<Record<UsageKind, { readonly hard?: number | null; readonly soft?: number | null }>>
>

export interface Quotas {
  /** Undefined when there is no such project. */
  find(scope: Scope): Promise<Usage | undefined>
  /** Gives what was before, and what is; undefined when there is no such project; durable. */
  change(
    scope: Scope,
    change: QuotaChange,
    record?: Recording<QuotaChanged | undefined>,
  ): Promise<QuotaChanged | undefined>
  /** Those that count for what comes into the repository; on PostgreSQL a second old at most. */
  standings(repository: RepositoryName): Promise<readonly Standing[]>
  /** The same, as they are now. */
  standingsNow(repository: RepositoryName): Promise<readonly Standing[]>
  /** Who has this blob, so that it takes nothing more there: the project, and with it the registry, or that alone. */
  holderOf(repository: RepositoryName, digest: Digest): Promise<'project' | 'registry' | undefined>
  /**
   * Notes which limit is passed, of the quota as it stands at that moment. False when that was known: whoever gets true
   * is the one who tells of it.
   * @param judge which one it is. Pure.
   */
  pass(
    quota: { readonly scope: Scope; readonly kind: UsageKind },
    judge: (standing: Standing) => QuotaPassed,
    record?: Recording<Passing | undefined>,
  ): Promise<boolean>
  /** Quotas of all projects and of the registry, by project. */
  list(page: { after?: QuotaKey | undefined; limit: number }): Promise<readonly (Standing & QuotaKey)[]>
}

/** It was told of `before` and stands there by now. */
export type Passing = Standing & { readonly before: QuotaPassed }

export interface QuotaKey {
  readonly projectId: number
  readonly kind: UsageKind
}

export interface QuotaChanged {
  readonly before: QuotaSet
  readonly after: QuotaSet
}

const STALE_MS = 1000

export function createQuotas(engine: Engine): Quotas {
  const standings = engine.prepare<{ project: string }, StandingRow>(
    (db, parameter) => selectStandings(db, parameter('project')),
    { hot: true, staleMs: STALE_MS },
  )
  return {
    async find(scope) {
      const id = await scopeId(engine.db, scope)
      if (id === undefined) return undefined
      return { used: await usedBy(engine.db, id), quotas: await quotasOf(engine.db, id) }
    },
    change: (scope, change, record) => recordedWrite(engine, record, queries => changeQuotas(queries, scope, change)),
    async standings(repository) {
      const project = projectNameOf(repository)
      return standingsFrom(await standings({ project }), project)
    },
    async standingsNow(repository) {
      const project = projectNameOf(repository)
      return standingsFrom(await selectStandings(engine.db, project).execute(), project)
    },
    holderOf: (repository, digest) => holderOf(engine.db, repository, digest),
    async pass(quota, judge, record) {
      const told = await recordedWrite(engine, record, queries => pass(queries, quota, judge))
      return told !== undefined
    },
    async list({ after, limit }) {
      const { projectId = -1, kind = 'bytes' } = after ?? {}
      const rows = await engine.db
        .selectFrom('quotas')
        .leftJoin('projects', 'projects.id', 'quotas.project_id')
        .select(['quotas.project_id', 'quotas.kind', 'hard_limit', 'soft_limit', 'passed', 'projects.name'])
        .where(({ eb, refTuple, tuple }) =>
          eb(refTuple('quotas.project_id', 'quotas.kind'), '>', tuple(projectId, kind)),
        )
        .orderBy('quotas.project_id')
        .orderBy('quotas.kind')
        .limit(limit)
        .execute()
      const found: (Standing & QuotaKey)[] = []
      for (const { project_id, name, ...row } of rows) {
        const used = await usedBy(engine.db, project_id)
        for (const standing of standingsFrom([{ project_id, ...row, used: used[row.kind] }], name ?? ''))
          found.push({ ...standing, projectId: project_id })
      }
      return found
    },
  }
}

async function holderOf(
  queries: Queries,
  repository: RepositoryName,
  digest: Digest,
): Promise<'project' | 'registry' | undefined> {
  const link = await queries
    .selectFrom('repository_blobs')
    .innerJoin('projects', 'projects.id', 'repository_blobs.project_id')
    .select('repository_blobs.digest')
    .where('repository_blobs.digest', '=', digest)
    .where('projects.name', '=', projectNameOf(repository))
    .limit(1)
    .executeTakeFirst()
  if (link) return 'project'
  return (
    (await queries.selectFrom('blobs').select('digest').where('digest', '=', digest).executeTakeFirst()) && 'registry'
  )
}

async function scopeId(queries: Queries, scope: Scope): Promise<number | undefined> {
  const name = nameOf(scope)
  if (name === undefined) return 0
  return (await queries.selectFrom('projects').select('id').where('name', '=', name).executeTakeFirst())?.id
}

async function quotasOf(queries: Queries, id: number): Promise<QuotaSet> {
  const rows = await queries
    .selectFrom('quotas')
    .select(['kind', 'hard_limit', 'soft_limit'])
    .where('project_id', '=', id)
    .orderBy('kind')
    .execute()
  return Object.fromEntries(rows.map(row => [row.kind, limitsOf(row)]))
}

function limitsOf({ hard_limit, soft_limit }: Pick<StandingRow, 'hard_limit' | 'soft_limit'>): Quota {
  return {
    ...(hard_limit === null ? {} : { hard: hard_limit }),
    ...(soft_limit === null ? {} : { soft: soft_limit }),
  }
}

async function changeQuotas(queries: Queries, scope: Scope, change: QuotaChange): Promise<QuotaChanged | undefined> {
  const id = await scopeId(queries, scope)
  if (id === undefined) return undefined
  const before = await quotasOf(queries, id)
  for (const [name, limits] of Object.entries(change)) {
    const kind = name as UsageKind
    const hard_limit = limits.hard === undefined ? (before[kind]?.hard ?? null) : limits.hard
    const soft_limit = limits.soft === undefined ? (before[kind]?.soft ?? null) : limits.soft
    await queries.deleteFrom('quotas').where('project_id', '=', id).where('kind', '=', kind).execute()
    if (hard_limit === null && soft_limit === null) continue
    await queries
      .insertInto('quotas')
      .values({ project_id: id, kind, hard_limit, soft_limit, passed: 'nothing' })
      .execute()
  }
  return { before, after: await quotasOf(queries, id) }
}

async function pass(
  queries: Queries,
  { scope, kind }: { readonly scope: Scope; readonly kind: UsageKind },
  judge: (standing: Standing) => QuotaPassed,
): Promise<Passing | undefined> {
  const id = await scopeId(queries, scope)
  if (id === undefined) return undefined
  const row = await queries
    .selectFrom('quotas')
    .selectAll()
    .where('project_id', '=', id)
    .where('kind', '=', kind)
    .executeTakeFirst()
  if (!row) return undefined
  const [standing] = standingsFrom([{ ...row, used: (await usedBy(queries, id))[kind] }], nameOf(scope) ?? '')
  if (!standing) return undefined
  const passed = judge(standing)
  if (passed === standing.passed) return undefined
  await queries.updateTable('quotas').set({ passed }).where('project_id', '=', id).where('kind', '=', kind).execute()
  return { ...standing, before: standing.passed, passed }
}
