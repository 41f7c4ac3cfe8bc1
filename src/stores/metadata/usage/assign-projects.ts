import { type RawBuilder, sql } from 'kysely'
import type { Queries } from '../engine.ts'
import { isPostgres } from '../refuse-changes.ts'

/**
 * Makes private projects for repositories that have none, and puts every repository into the project that its name
 * says; what they use is counted there from then on. Gives how many projects were made.
 */
export async function assignProjects(queries: Queries, now: number): Promise<number> {
  const name = firstComponent(queries)
  const { numInsertedOrUpdatedRows } = await queries
    .insertInto('projects')
    .columns(['name', 'visibility', 'pushers', 'created_at'])
    .expression(
      queries
        .selectFrom('repositories')
        .select([name.as('name'), sql.lit('private').as('visibility'), sql.lit('members').as('pushers')])
        .select(sql<number>`cast(${now} as bigint)`.as('created_at'))
        .distinct()
        .where(name, 'not in', queries.selectFrom('projects').select('name')),
    )
    .executeTakeFirstOrThrow()
  await queries
    .updateTable('repositories')
    .set({ project_id: sql<number>`(select p.id from projects p where p.name = ${name})` })
    .where(sql<boolean>`project_id is distinct from (select p.id from projects p where p.name = ${name})`)
    .execute()
  return Number(numInsertedOrUpdatedRows ?? 0n)
}

/** Of a repository's name. */
function firstComponent(queries: Queries): RawBuilder<string> {
  return isPostgres(queries)
    ? sql<string>`split_part(repositories.name, '/', 1)`
    : sql<string>`substr(repositories.name, 1, instr(repositories.name || '/', '/') - 1)`
}
