import { sql } from 'kysely'
import type { RepositoryName } from '../../../oci/index.ts'
import type { Engine, Queries } from '../engine.ts'
import type { RepositoryRange } from './image-search.ts'

/** A repository as lists show it. What has more than `most` rows is counted to there, and then `isCut`. */
export interface RepositorySummary {
  readonly name: RepositoryName
  readonly createdAt: number
  readonly tags: number
  readonly manifests: number
  /** Of all blobs that lie in it, each once. */
  readonly sizeBytes: number
  /** Absent when there is none, and for one that is cut and was not pushed to for long. */
  readonly lastPushedAt: number | undefined
  readonly isCut: boolean
}

export interface RepositorySummaries {
  /** Names of a range in byte order. */
  names(
    range: Pick<RepositoryRange, 'project'>,
    page: { readonly after?: RepositoryName | undefined; readonly limit: number },
  ): Promise<readonly { readonly id: number; readonly name: RepositoryName }[]>
  /** Undefined when there is no such repository. @param most rows that are counted of each kind. */
  summarize(name: RepositoryName, most: number): Promise<RepositorySummary | undefined>
}

export function createRepositorySummaries({ db }: Engine): RepositorySummaries {
  return {
    async names({ project }, { after, limit }) {
      return db
        .selectFrom('repositories')
        .select(['id', 'name'])
        .$if(project !== undefined, query =>
          query.where(({ or, and, eb }) =>
            or([
              eb('name', '=', project as RepositoryName),
              and([eb('name', '>', `${project}/` as RepositoryName), eb('name', '<', `${project}0` as RepositoryName)]),
            ]),
          ),
        )
        .$if(after !== undefined, query => query.where('name', '>', after as RepositoryName))
        .orderBy('name')
        .limit(limit)
        .execute()
    },
    async summarize(name, most) {
      const repository = await db
        .selectFrom('repositories')
        .select(['id', 'created_at'])
        .where('name', '=', name)
        .executeTakeFirst()
      if (!repository) return undefined
      const { id } = repository
      const { rows } = await sql<Record<'tags' | 'manifests' | 'pushed' | 'blobs' | 'bytes', number | string | null>>`
        select
          (select count(*) from (select 1 from tags where repository_id = ${id} limit ${most}) as counted) as tags,
          m.manifests, m.pushed, b.blobs, b.bytes
        from
          (select count(*) as manifests, max(pushed_at) as pushed from
            (select pushed_at from manifests where repository_id = ${id} limit ${most}) as counted) as m,
          (select count(*) as blobs, sum(size_bytes) as bytes from
            (select blobs.size_bytes from repository_blobs join blobs on blobs.digest = repository_blobs.digest
              where repository_blobs.repository_id = ${id} limit ${most}) as counted) as b`.execute(db)
      const { tags, manifests, pushed, blobs, bytes } = rows[0] ?? {}
      const isCut = [tags, manifests, blobs].some(count => Number(count) >= most)
      const last = Number(manifests) < most ? pushed : await amongTheLast(db, id)
      return {
        name,
        createdAt: repository.created_at,
        tags: Number(tags),
        manifests: Number(manifests),
        sizeBytes: Number(bytes ?? 0),
        lastPushedAt: last === null || last === undefined ? undefined : Number(last),
        isCut,
      }
    },
  }
}

const LAST_MANIFESTS = 50_000

/** When there is no counting all of them: it is most likely among those that came last to the whole registry. */
async function amongTheLast(queries: Queries, id: number): Promise<number | null | undefined> {
  const { rows } = await sql<{ pushed: number | null }>`select max(pushed_at) as pushed from
    (select repository_id, pushed_at from manifests order by id desc limit ${LAST_MANIFESTS}) as last
    where repository_id = ${id}`.execute(queries)
  return rows[0]?.pushed
}
