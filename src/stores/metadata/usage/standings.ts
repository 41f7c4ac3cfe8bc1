import { sql } from 'kysely'
import type { RepositoryName } from '../../../oci/index.ts'
import type { Queries } from '../engine.ts'
import { compiledOnce } from '../prepared.ts'
import { projectNameOf } from '../repositories.ts'
import type { QuotaPassed, UsageKind, Used } from '../schema-usage.ts'
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

export interface StandingRow extends Used {
  readonly project_id: number
  readonly kind: UsageKind
  readonly hard_limit: number | null
  readonly soft_limit: number | null
  readonly passed: QuotaPassed
}

/** One row for each quota of the project and of the registry; none where there are no quotas. */
export function selectStandings(queries: Queries, project: string) {
  const total = (kind: UsageKind) =>
    sql<number>`(select cast(coalesce(sum(u.${sql.ref(kind)}), 0) as bigint) from usage u where u.project_id = q.project_id)`
  return queries
    .selectFrom('quotas as q')
    .select(['q.project_id', 'q.kind', 'q.hard_limit', 'q.soft_limit', 'q.passed'])
    .select([
      total('bytes').as('bytes'),
      total('repositories').as('repositories'),
      total('tags').as('tags'),
      total('manifests').as('manifests'),
    ])
    .where('q.project_id', 'in', ({ selectFrom }) =>
      selectFrom('projects').select('id').where('name', '=', project).union(sql<{ id: number }>`select 0`),
    )
}

/** Asked twice by all that adds something. */
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
    used: Number(row[row.kind]),
    passed: row.passed,
    ...(row.hard_limit === null ? {} : { hard: row.hard_limit }),
    ...(row.soft_limit === null ? {} : { soft: row.soft_limit }),
  }))
}
