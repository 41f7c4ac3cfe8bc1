import { sql } from 'kysely'
import { MAX_NAME_LENGTH, type RepositoryName } from '../../../oci/index.ts'
import type { Queries } from '../engine.ts'
import { projectId } from '../identity/projects.ts'
import { type Rewritten, rewritePatterns } from './patterns.ts'

export interface ProjectRename {
  readonly from: string
  readonly to: string
  readonly now: number
  /** The name of the principal. */
  readonly by: string
}

export type ProjectRenameOutcome =
  | {
      readonly outcome: 'renamed'
      readonly repositories: number
      readonly robots: number
      readonly rewritten: Rewritten
    }
  /** A repository's name would be longer than any client takes. */
  | { readonly outcome: 'too long'; readonly repository: RepositoryName }
  /** A project or repository had it, and is pulled by it. */
  | { readonly outcome: 'former name'; readonly name: string }
  | { readonly outcome: 'unknown' | 'taken' }

/** Gives the project another name, and with it all its repositories and robots. */
export async function renameProject(queries: Queries, rename: ProjectRename): Promise<ProjectRenameOutcome> {
  const { from, to, now, by } = rename
  const id = await projectId(queries, from)
  if (id === undefined) return { outcome: 'unknown' }
  if ((await projectId(queries, to)) !== undefined || (await countIn(queries, to)) > 0) return { outcome: 'taken' }
  const name = await keptName(queries, id, rename)
  if (name !== undefined) return { outcome: 'former name', name }
  const longest = await longestIn(queries, from)
  if (longest && longest.length - from.length + to.length > MAX_NAME_LENGTH)
    return { outcome: 'too long', repository: longest }
  const repositories = await countIn(queries, from)
  await queries.deleteFrom('project_redirects').where('name', '=', to).execute()
  await queries.updateTable('projects').set({ name: to }).where('id', '=', id).execute()
  await queries
    .updateTable('repositories')
    .set({ name: sql<RepositoryName>`${to} || substr(name, ${from.length + 1})` })
    .where(isIn(from))
    .execute()
  const robots = await queries.selectFrom('robots').select(['id', 'name']).where('project_id', '=', id).execute()
  for (const robot of robots) {
    const name = `${to}${robot.name.slice(from.length)}`
    await queries.updateTable('robots').set({ name }).where('id', '=', robot.id).execute()
  }
  await queries
    .insertInto('project_redirects')
    .values({ name: from, project_id: id, created_at: now, created_by: by })
    .execute()
  const rewritten = await rewritePatterns(queries, { kind: 'project', from, to }, id)
  return { outcome: 'renamed', repositories, robots: robots.length, rewritten }
}

/** The repositories of a project: its name, and everything below it ("0" follows "/"). */
function isIn(project: string) {
  return sql<boolean>`(name = ${project} or (name > ${`${project}/`} and name < ${`${project}0`}))`
}

async function countIn(queries: Queries, project: string): Promise<number> {
  const { count } = await queries
    .selectFrom('repositories')
    .select(({ fn }) => fn.countAll<number | bigint | string>().as('count'))
    .where(isIn(project))
    .executeTakeFirstOrThrow()
  return Number(count)
}

async function longestIn(queries: Queries, project: string): Promise<RepositoryName | undefined> {
  const row = await queries
    .selectFrom('repositories')
    .select('name')
    .where(isIn(project))
    .orderBy(sql`length(name)`, 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.name
}

/** Undefined when the project may have the name: nobody has had it, or itself; otherwise the name that is kept. */
async function keptName(queries: Queries, id: number, { from, to }: ProjectRename): Promise<string | undefined> {
  const held = await queries
    .selectFrom('project_redirects')
    .select('project_id')
    .where('name', '=', to)
    .executeTakeFirst()
  if (held && held.project_id !== id) return to
  // A repository was called so that is elsewhere now, or is called otherwise.
  const repository = await queries
    .selectFrom('redirects')
    .select('name')
    .where(isIn(to))
    .where(
      sql<RepositoryName>`${from} || substr(name, ${to.length + 1})`,
      'in',
      queries.selectFrom('repositories').select('name').where(isIn(from)),
    )
    .limit(1)
    .executeTakeFirst()
  return repository?.name
}
