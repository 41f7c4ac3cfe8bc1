import { sql } from 'kysely'
import type { RepositoryName } from '../../../oci/index.ts'
import type { Queries } from '../engine.ts'
import { compiledOnce } from '../prepared.ts'
import { projectNameOf } from '../repositories.ts'
import type { QuotaPassed, UsageKind } from '../schema-usage.ts'
import type { Scope } from './scope.ts'

/** How one quota stands. */
export interface Standing {
  readonly scope: Scope
  readonly kind: UsageKind
  readonly used: number
  readonly hard?: number
  readonly soft?: number
  /** Which limit the audit log was last told of. */
  readonly passed: QuotaPassed
}

export interface StandingRow {
  readonly project_id: number
  readonly kind: UsageKind
  readonly hard_limit: number | null
  readonly soft_limit: number | null
  readonly passed: QuotaPassed
  readonly used: number | string
}

/** One row for each quota of the project and of the registry; none where there are no quotas. */
export function selectStandings(queries: Queries, project: string) {
  const used = sql<number | string>`(select cast(coalesce(sum(case q.kind when 'bytes' then u.bytes
    when 'repositories' then u.repositories when 'tags' then u.tags else u.manifests end), 0) as bigint)
    from usage u where u.project_id = q.project_id)`
  return queries
    .selectFrom('quotas as q')
    .select(['q.project_id', 'q.kind', 'q.hard_limit', 'q.soft_limit', 'q.passed'])
    .select(used.as('used'))
    .where(({ or, eb, selectFrom }) =>
      or([
        eb('q.project_id', '=', sql.lit(0)),
        eb('q.project_id', '=', selectFrom('projects').select('id').where('name', '=', project)),
      ]),
    )
}

/** Asked by all that adds something. */
const findStandings = compiledOnce<{ project: string }, StandingRow>((db, parameter) =>
  selectStandings(db, parameter('project')),
)

export async function standingsOf(queries: Queries, repository: RepositoryName): Promise<readonly Standing[]> {
  const project = projectNameOf(repository)
  return standingsFrom(await findStandings(queries, { project }), project)
}

export function standingsFrom(rows: readonly StandingRow[], project: string): readonly Standing[] {
  return rows.map(row => ({
    scope: row.project_id === 0 ? 'registry' : { project },
    kind: row.kind,
    used: Number(row.used),
    passed: row.passed,
    ...(row.hard_limit === null ? {} : { hard: row.hard_limit }),
    ...(row.soft_limit === null ? {} : { soft: row.soft_limit }),
  }))
}
