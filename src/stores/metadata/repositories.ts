import type { RepositoryName } from '../../oci/index.ts'
import type { Engine, Queries } from './engine.ts'
import { requireFreeName } from './names/redirects.ts'

export interface Page<Key> {
  /** Exclusive: the last key of the page before. */
  readonly after?: Key | undefined
  readonly limit: number
}

export interface Repositories {
  exists(repository: RepositoryName): Promise<boolean>
  /** Names in byte order. */
  list(page: Page<RepositoryName>): Promise<readonly RepositoryName[]>
}

export function createRepositories(engine: Engine): Repositories {
  const exists = engine.prepare<{ name: RepositoryName }, { id: number }>((db, parameter) =>
    db.selectFrom('repositories').select('id').where('name', '=', parameter('name')),
  )
  const list = engine.prepare<{ after: RepositoryName; limit: number }, { name: RepositoryName }>((db, parameter) =>
    db
      .selectFrom('repositories')
      .select('name')
      .where('name', '>', parameter('after'))
      .orderBy('name')
      .limit(parameter('limit')),
  )
  return {
    exists: async name => (await exists({ name })).length > 0,
    list: async ({ after, limit }) =>
      (await list({ after: after ?? ('' as RepositoryName), limit })).map(row => row.name),
  }
}

/**
 * The id of a repository as a subquery. The queries that every pull makes use this instead of a join: SQLite prepares
 * a join anew whenever its parameters change, which takes ten times as long as running it (docs/performance.md).
 */
export function idOf(queries: Queries, name: RepositoryName) {
  return queries.selectFrom('repositories').select('id').where('name', '=', name)
}

export async function repositoryId(queries: Queries, name: RepositoryName): Promise<number | undefined> {
  return (await queries.selectFrom('repositories').select('id').where('name', '=', name).executeTakeFirst())?.id
}

export interface RepositoryPlace {
  readonly id: number
  readonly projectId: number
}

/**
 * A repository begins with its first content, and so does its project where nobody made that before. Gives its id.
 * @throws RepositoryRenamed where the name is kept for another.
 */
export async function ensureRepository(queries: Queries, name: RepositoryName, now: number): Promise<number> {
  return (await ensurePlace(queries, name, now)).id
}

/** As {@link ensureRepository}, with its project. */
export async function ensurePlace(queries: Queries, name: RepositoryName, now: number): Promise<RepositoryPlace> {
  const existing = await queries
    .selectFrom('repositories')
    .select(['id', 'project_id'])
    .where('name', '=', name)
    .executeTakeFirst()
  if (existing && existing.project_id !== null) return { id: existing.id, projectId: existing.project_id }
  if (!existing) await requireFreeName(queries, name)
  const projectId = await ensureProject(queries, projectNameOf(name), now)
  const { id } = await queries
    .insertInto('repositories')
    .values({ name, created_at: now, project_id: projectId })
    .onConflict(conflict => conflict.column('name').doUpdateSet({ project_id: projectId }))
    .returning('id')
    .executeTakeFirstOrThrow()
  return { id, projectId }
}

export function projectNameOf(repository: RepositoryName): string {
  return repository.split('/', 1)[0] as string
}

/** Private, as one that is made for what a registry without sign-in had (identity/projects.ts). */
async function ensureProject(queries: Queries, name: string, now: number): Promise<number> {
  const find = () => queries.selectFrom('projects').select('id').where('name', '=', name).executeTakeFirst()
  const existing = await find()
  if (existing) return existing.id
  await queries
    .insertInto('projects')
    .values({ name, visibility: 'private', pushers: 'members', network: null, created_at: now })
    .onConflict(conflict => conflict.column('name').doNothing())
    .execute()
  return ((await find()) as { id: number }).id
}
