import { sql } from 'kysely'
import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import { isPostgres } from '../refuse-changes.ts'
import type { UsageKind, Used } from '../schema-usage.ts'
import { assignProjects } from './assign-projects.ts'
import { counted, recount } from './recount.ts'
import { nameOf, type Scope, UNUSED, USAGE_KINDS } from './scope.ts'

/** What is counted for a project, or the registry, is not what the rows say. */
export interface UsageDifference {
  readonly scope: Scope
  readonly kind: UsageKind
  readonly counted: number
  readonly actual: number
}

/** Proves the figures. */
export interface UsageCheck {
  /** Reads all there is, as it is at one moment; whoever pushes goes on meanwhile. At most a thousand projects. */
  differences(): Promise<readonly UsageDifference[]>
  /** Counts one anew, and puts repositories that stand in the wrong project into theirs; durable. Gives what it changed. */
  repair(scope: Scope, now: number, record?: Recording<readonly UsageDifference[]>): Promise<readonly UsageDifference[]>
}

const MOST = 1000

export function createUsageCheck(engine: Engine): UsageCheck {
  return {
    differences: () => engine.snapshot(findDifferences),
    repair: (scope, now, record) => recordedWrite(engine, record, queries => repair(queries, scope, now)),
  }
}

type Row = Used & { readonly name: string | null; readonly project_id: number }

/** One row for each kind of number and each project where the two are not the same. */
async function findDifferences(queries: Queries): Promise<readonly UsageDifference[]> {
  const columns = USAGE_KINDS.map(kind => sql.ref(kind))
  const { rows } = await sql<Row & { source: number }>`
    with counted as (select project_id, ${sql.join(USAGE_KINDS.map(kind => sql`sum(${sql.ref(kind)}) as ${sql.ref(kind)}`))}
        from usage group by project_id),
      actual as (${recount()}),
      both_of as (select project_id, ${sql.join(columns)}, 1 as source from counted
        union all select project_id, ${sql.join(columns)}, -1 from actual),
      wrong as (select project_id from both_of group by project_id
        having ${sql.join(
          columns.map(column => sql`sum(source * ${column}) <> 0`),
          sql` or `,
        )} order by project_id limit ${MOST})
    select b.source, b.project_id, p.name, ${sql.join(USAGE_KINDS.map(kind => sql`cast(b.${sql.ref(kind)} as bigint) as ${sql.ref(kind)}`))}
      from both_of b join wrong w on w.project_id = b.project_id left join projects p on p.id = b.project_id`.execute(
    queries,
  )
  const found = Map.groupBy(rows, row => row.project_id)
  return [...found].flatMap(([id, sides]) => {
    const name = sides[0]?.name ?? undefined
    const side = (source: number) => sides.find(row => row.source === source) ?? UNUSED
    return differenceOf(id === 0 ? 'registry' : { project: name ?? `#${id}` }, side(1), side(-1))
  })
}

function differenceOf(scope: Scope, before: Used, after: Used): readonly UsageDifference[] {
  return USAGE_KINDS.filter(kind => before[kind] !== after[kind]).map(kind => ({
    scope,
    kind,
    counted: before[kind],
    actual: after[kind],
  }))
}

async function repair(queries: Queries, scope: Scope, now: number): Promise<readonly UsageDifference[]> {
  // Before the first read, so that what is read is what there is when nobody else counts any more.
  if (isPostgres(queries)) await sql`lock table usage in share row exclusive mode`.execute(queries)
  const id = await idOfScope(queries, scope)
  if (id === undefined) return []
  const before = await usedBy(queries, id)
  await assignProjects(queries, now)
  await sql`update repository_blobs set project_id = (select r.project_id from repositories r where r.id = repository_id)
    where project_id is distinct from (select r.project_id from repositories r where r.id = repository_id)`.execute(
    queries,
  )
  const { rows } = await recount(id).execute(queries)
  const actual = rows[0] ? numbersOf(rows[0]) : UNUSED
  await queries.deleteFrom('usage').where('project_id', '=', id).execute()
  await queries
    .insertInto('usage')
    .values({ project_id: id, shard: 0, ...actual })
    .execute()
  return differenceOf(scope, before, actual)
}

/** PostgreSQL's sums are of a type that comes as text. */
function numbersOf(row: Used): Used {
  const [bytes, repositories, tags, manifests] = [row.bytes, row.repositories, row.tags, row.manifests].map(Number)
  return { bytes, repositories, tags, manifests } as Used
}

export async function usedBy(queries: Queries, id: number): Promise<Used> {
  const row = await counted(queries).where('project_id', '=', id).executeTakeFirst()
  return row ? numbersOf(row) : UNUSED
}

async function idOfScope(queries: Queries, scope: Scope): Promise<number | undefined> {
  const name = nameOf(scope)
  if (name === undefined) return 0
  return (await queries.selectFrom('projects').select('id').where('name', '=', name).executeTakeFirst())?.id
}
