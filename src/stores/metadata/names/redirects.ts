import { type RepositoryName, RepositoryRenamed } from '../../../oci/index.ts'
import type { Engine, Queries } from '../engine.ts'

/** Names that repositories had. A lookup is made only for a name that no repository has. */
export interface Redirects {
  /** What the repository that had the name is called now; undefined when none had it, or one has it. */
  find(name: RepositoryName): Promise<RepositoryName | undefined>
}

export function createRedirects(engine: Engine): Redirects {
  const direct = engine.prepare<{ name: RepositoryName }, { name: RepositoryName }>((db, parameter) =>
    db
      .selectFrom('redirects')
      .innerJoin('repositories', 'repositories.id', 'redirects.repository_id')
      .select('repositories.name')
      .where('redirects.name', '=', parameter('name')),
  )
  const ofProject = engine.prepare<{ project: string }, { name: string }>((db, parameter) =>
    db
      .selectFrom('project_redirects')
      .innerJoin('projects', 'projects.id', 'project_redirects.project_id')
      .select('projects.name')
      .where('project_redirects.name', '=', parameter('project')),
  )
  return {
    async find(name) {
      const renamed = (await direct({ name }))[0]
      if (renamed) return renamed.name
      const project = firstOf(name)
      const moved = (await ofProject({ project }))[0]
      return moved && (`${moved.name}${name.slice(project.length)}` as RepositoryName)
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
