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

/** A repository begins with its first content. @throws RepositoryRenamed where the name is kept for another. */
export async function ensureRepository(queries: Queries, name: RepositoryName, now: number): Promise<number> {
  const existing = await repositoryId(queries, name)
  if (existing !== undefined) return existing
  await requireFreeName(queries, name)
  const { id } = await queries
    .insertInto('repositories')
    .values({ name, created_at: now })
    .onConflict(conflict => conflict.column('name').doUpdateSet({ name }))
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}
