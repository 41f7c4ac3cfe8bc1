import { type RepositoryName, RepositoryRenamed } from '../../../oci/index.ts'
import type { Engine, Queries } from '../engine.ts'

/** Names that repositories had. A lookup is made only for a name that no repository has. */
export interface Redirects {
  /** What the repository that had the name is called now; undefined when none had it, or one has it. */
  find(name: RepositoryName): Promise<RepositoryName | undefined>
  /** The same of a project. */
  findProject(name: string): Promise<string | undefined>
}

export function createRedirects(engine: Engine): Redirects {
  const find = engine.prepare<
    { name: RepositoryName; project: string },
    { repository: string | null; project: string }
  >((db, parameter) =>
    db
      .selectFrom('redirects')
      .innerJoin('repositories', 'repositories.id', 'redirects.repository_id')
      .select(({ val }) => ['repositories.name as repository', val('').as('project')])
      .where('redirects.name', '=', parameter('name'))
      .unionAll(
        db
          .selectFrom('project_redirects')
          .innerJoin('projects', 'projects.id', 'project_redirects.project_id')
          .select(({ cast, val }) => [
            cast<RepositoryName>(val(null), 'text').as('repository'),
            'projects.name as project',
          ])
          .where('project_redirects.name', '=', parameter('project')),
      ),
  )
  const findProject = engine.prepare<{ project: string }, { name: string }>((db, parameter) =>
    db
      .selectFrom('project_redirects')
      .innerJoin('projects', 'projects.id', 'project_redirects.project_id')
      .select('projects.name')
      .where('project_redirects.name', '=', parameter('project')),
  )
  return {
    findProject: async project => (await findProject({ project }))[0]?.name,
    async find(name) {
      const project = firstOf(name)
      const rows = await find({ name, project })
      const direct = rows.find(({ repository }) => repository !== null)
      if (direct) return direct.repository as RepositoryName
      const moved = rows[0]
      return moved && (`${moved.project}${name.slice(project.length)}` as RepositoryName)
    },
  }
}

/** @throws RepositoryRenamed when the name is kept for those who pull by it. */
export async function requireFreeName(queries: Queries, name: RepositoryName): Promise<void> {
  if (await isFormerName(queries, name)) throw new RepositoryRenamed(name)
}

export async function isFormerName(queries: Queries, name: RepositoryName): Promise<boolean> {
  const held = await queries
    .selectFrom('redirects')
    .select('name')
    .where('name', '=', name)
    .unionAll(queries.selectFrom('project_redirects').select('name').where('name', '=', firstOf(name)).$castTo<never>())
    .executeTakeFirst()
  return held !== undefined
}

export async function isFormerProject(queries: Queries, name: string): Promise<boolean> {
  const held = await queries.selectFrom('project_redirects').select('name').where('name', '=', name).executeTakeFirst()
  return held !== undefined
}

/** The first component. */
export function firstOf(name: string): string {
  const slash = name.indexOf('/')
  return slash < 0 ? name : name.slice(0, slash)
}
