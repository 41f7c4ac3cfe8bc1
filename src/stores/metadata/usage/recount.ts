import { type RawBuilder, sql } from 'kysely'
import type { Queries } from '../engine.ts'
import type { Used } from '../schema-usage.ts'

/**
 * What is used as the rows themselves say it, by project; 0 is the registry.
 * @param project one of them only.
 */
export function recount(project?: number): RawBuilder<Used & { project_id: number }> {
  if (project === 0) return ofRegistry()
  if (project !== undefined) return ofProjects(sql`where r.project_id = ${project}`)
  return sql`${ofProjects(sql`where r.project_id is not null`)} union all ${ofRegistry()}`
}

function ofProjects(where: RawBuilder<unknown>): RawBuilder<Used & { project_id: number }> {
  return sql`select project_id, sum(bytes) as bytes, sum(repositories) as repositories, sum(tags) as tags,
      sum(manifests) as manifests from (
    select r.project_id, 0 as bytes, count(*) as repositories, 0 as tags, 0 as manifests
      from repositories r ${where} group by r.project_id
    union all select r.project_id, 0, 0, count(*), 0
      from repositories r join tags t on t.repository_id = r.id ${where} group by r.project_id
    union all select r.project_id, sum(m.size_bytes), 0, 0, count(*)
      from repositories r join manifests m on m.repository_id = r.id ${where} group by r.project_id
    union all select l.project_id, sum(b.size_bytes), 0, 0, 0
      from (select distinct r.project_id, o.digest from repositories r
        join repository_blobs o on o.repository_id = r.id ${where}) l
      join blobs b on b.digest = l.digest group by l.project_id
  ) as counted group by project_id`
}

function ofRegistry(): RawBuilder<Used & { project_id: number }> {
  return sql`select 0 as project_id, b.bytes + m.bytes as bytes, r.repositories, t.tags, m.manifests
    from (select coalesce(sum(size_bytes), 0) as bytes from blobs) b,
      (select coalesce(sum(size_bytes), 0) as bytes, count(*) as manifests from manifests) m,
      (select count(*) as repositories from repositories) r, (select count(*) as tags from tags) t`
}

/** The sum of a project's shards. */
export function counted(queries: Queries) {
  return queries
    .selectFrom('usage')
    .select(({ fn, cast }) => [
      'project_id',
      cast<number>(fn.coalesce(fn.sum('bytes'), sql<number>`0`), 'bigint').as('bytes'),
      cast<number>(fn.coalesce(fn.sum('repositories'), sql<number>`0`), 'bigint').as('repositories'),
      cast<number>(fn.coalesce(fn.sum('tags'), sql<number>`0`), 'bigint').as('tags'),
      cast<number>(fn.coalesce(fn.sum('manifests'), sql<number>`0`), 'bigint').as('manifests'),
    ])
    .groupBy('project_id')
}
