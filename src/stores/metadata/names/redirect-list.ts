import { sql } from 'kysely'
import type { RepositoryName } from '../../../oci/index.ts'
import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import type { Engine, Queries } from '../engine.ts'
import { firstOf } from './redirects.ts'

/** A name that is kept, and what is reached by it. */
export type Redirect = { readonly name: string; readonly createdAt: number; readonly createdBy: string } & (
  | { readonly kind: 'repository'; readonly to: RepositoryName }
  | { readonly kind: 'project'; readonly to: string }
)

/** Former names, for those who look after them. */
export interface RedirectList {
  /** Names of the project that are kept, and names by which the project or what is in it is reached; by name. */
  listRedirects(project: string, page: { after?: string | undefined; limit: number }): Promise<readonly Redirect[]>
  findRedirect(name: string): Promise<Redirect | undefined>
  /** From then on nobody pulls by it, and anybody who may can take it; durable. */
  removeRedirect(name: string, record?: Recording<boolean>): Promise<boolean>
}

interface Row {
  readonly name: string
  readonly to: string
  readonly created_at: number
  readonly created_by: string
  readonly kind: string
}

export function createRedirectList(engine: Engine): RedirectList {
  return {
    async listRedirects(project, { after = '', limit }) {
      const isOf = (column: 'redirects.name' | 'repositories.name') => {
        const name = sql.ref(column)
        return sql<boolean>`(${name} = ${project} or (${name} > ${`${project}/`} and ${name} < ${`${project}0`}))`
      }
      const rows = await repositoriesOf(engine.db)
        .where(where => where.or([isOf('redirects.name'), isOf('repositories.name')]))
        .where('redirects.name', '>', after as RepositoryName)
        .orderBy('redirects.name')
        .limit(limit)
        .execute()
      const projects = await projectsOf(engine.db)
        .where('projects.name', '=', project)
        .where('project_redirects.name', '>', after)
        .orderBy('project_redirects.name')
        .limit(limit)
        .execute()
      const all = [...rows, ...projects].map(redirectOf)
      return all.sort((one, other) => (one.name < other.name ? -1 : 1)).slice(0, limit)
    },
    findRedirect: name => find(engine.db, name),
    removeRedirect: (name, record) =>
      recordedWrite(engine, record, async queries => {
        const found = await find(queries, name)
        if (!found) return false
        if (found.kind === 'project') await queries.deleteFrom('project_redirects').where('name', '=', name).execute()
        else
          await queries
            .deleteFrom('redirects')
            .where('name', '=', name as RepositoryName)
            .execute()
        return true
      }),
  }
}

async function find(queries: Queries, name: string): Promise<Redirect | undefined> {
  const repository = await repositoriesOf(queries)
    .where('redirects.name', '=', name as RepositoryName)
    .executeTakeFirst()
  if (repository) return redirectOf(repository)
  if (firstOf(name) !== name) return undefined
  const project = await projectsOf(queries).where('project_redirects.name', '=', name).executeTakeFirst()
  return project && redirectOf(project)
}

function repositoriesOf(queries: Queries) {
  return queries
    .selectFrom('redirects')
    .innerJoin('repositories', 'repositories.id', 'redirects.repository_id')
    .select(({ val }) => [
      'redirects.name',
      'repositories.name as to',
      'redirects.created_at',
      'redirects.created_by',
      val('repository').as('kind'),
    ])
}

function projectsOf(queries: Queries) {
  return queries
    .selectFrom('project_redirects')
    .innerJoin('projects', 'projects.id', 'project_redirects.project_id')
    .select(({ val }) => [
      'project_redirects.name',
      'projects.name as to',
      'project_redirects.created_at',
      'project_redirects.created_by',
      val('project').as('kind'),
    ])
}

function redirectOf({ name, to, created_at, created_by, kind }: Row): Redirect {
  return { name, to, kind, createdAt: created_at, createdBy: created_by } as Redirect
}
