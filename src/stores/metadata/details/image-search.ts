import { type Expression, type SqlBool, sql } from 'kysely'
import type { Digest, RepositoryName } from '../../../oci/index.ts'
import type { Engine, Queries } from '../engine.ts'
import { conditions, contains, digestsFrom, type ImageFilter } from './image-filter.ts'

/** In which repositories something is looked for. */
export interface RepositoryRange {
  /** This one only. */
  readonly repository?: RepositoryName | undefined
  /** Those of this project. */
  readonly project?: string | undefined
  /** Those with this in their name. */
  readonly name?: string | undefined
}

export interface RepositoryToSearch {
  readonly id: number
  readonly name: RepositoryName
  /** How many manifests have to be looked at; `most` when there are more. */
  readonly manifests: number
}

export interface ImageKey {
  /** Of its manifest. Grows with each that is new. */
  readonly id: number
  readonly repositoryId: number
  readonly digest: Digest
}

export interface NewImage extends ImageKey {
  readonly repository: RepositoryName
}

/** Parts of a search, each of a bounded size. */
export interface ImageSearch {
  /** Repositories by name that may have such images. `last`: where the next part begins; absent when there is none. */
  repositories(
    range: RepositoryRange,
    filter: ImageFilter,
    page: {
      readonly from?: RepositoryName | undefined
      readonly after?: RepositoryName | undefined
      readonly limit: number
      readonly most: number
    },
  ): Promise<{
    readonly repositories: readonly RepositoryToSearch[]
    readonly last: Omit<RepositoryToSearch, 'manifests'> | undefined
  }>
  /** The name of a repository that a search stopped at. */
  nameOf(repositoryId: number): Promise<RepositoryName | undefined>
  /** The digest that ends a window of `size` manifests of a repository after `after`; undefined when there are fewer. */
  windowEnd(repositoryId: number, after: Digest | undefined, size: number): Promise<Digest | undefined>
  /** All images of these repositories that pass, in the window; in no order. */
  within(
    repositoryIds: readonly number[],
    filter: ImageFilter,
    window?: { readonly after?: Digest | undefined; readonly upTo?: Digest | undefined },
  ): Promise<readonly ImageKey[]>
  /**
   * Those that pass among the `size` manifests that were first pushed before the one with this id, newest first.
   * `end`: where the next part begins; absent when there is none.
   */
  newest(
    range: RepositoryRange & { readonly repositoryIds?: readonly number[] | undefined },
    filter: ImageFilter,
    window: { readonly before?: number | undefined; readonly size: number },
  ): Promise<{ readonly keys: readonly NewImage[]; readonly end: number | undefined }>
}

export function createImageSearch(engine: Engine): ImageSearch {
  const { db } = engine
  return {
    repositories: (range, filter, page) => repositoriesToSearch(db, range, filter, page),
    async nameOf(repositoryId) {
      const row = await db.selectFrom('repositories').select('name').where('id', '=', repositoryId).executeTakeFirst()
      return row?.name
    },
    async windowEnd(repositoryId, after, size) {
      const row = await db
        .selectFrom('manifests')
        .select('digest')
        .where('repository_id', '=', repositoryId)
        .$if(after !== undefined, query => query.where('digest', '>', after as Digest))
        .orderBy('digest')
        .offset(size - 1)
        .limit(1)
        .executeTakeFirst()
      return row?.digest
    },
    async within(repositoryIds, filter, { after, upTo } = {}) {
      if (repositoryIds.length === 0) return []
      const own = [inThese(repositoryIds, filter)]
      if (after !== undefined) own.push(sql<SqlBool>`m.digest > ${after}`)
      if (upTo !== undefined) own.push(sql<SqlBool>`m.digest <= ${upTo}`)
      const { rows } = await sql<ImageKey>`select m.id, m.repository_id as "repositoryId", m.digest
        from ${source(filter)} where ${every([...own, ...conditions(db, filter)])}`.execute(db)
      return rows
    },
    newest: (range, filter, window) => newest(db, range, filter, window),
  }
}

function every(parts: readonly Expression<SqlBool>[]) {
  return sql.join(parts, sql` and `)
}

/** Details only where something of them is asked: most of the time of a search is spent here. */
function source(filter: ImageFilter) {
  const { tag, labels, platform, atLeastBytes, atMostBytes, createdFrom, createdUntil } = filter
  const tagged = tag === undefined ? sql`` : sql`tags as one join`
  const onTag = tag === undefined ? sql`` : sql`on m.repository_id = one.repository_id and m.digest = one.digest`
  const asked = [platform, atLeastBytes, atMostBytes, createdFrom, createdUntil]
  const details =
    (labels ?? []).length === 0 && asked.every(value => value === undefined)
      ? sql``
      : sql`left join image_details as d on d.repository_id = m.repository_id and d.digest = m.digest`
  return sql`${tagged} manifests as m ${onTag} ${details}`
}

/** Said of the tags when one is asked for: by their key it is found, and then its image. */
function inThese(repositoryIds: readonly number[], { tag }: ImageFilter): Expression<SqlBool> {
  const ids = sql.join(repositoryIds)
  return tag === undefined
    ? sql<SqlBool>`m.repository_id in (${ids})`
    : sql<SqlBool>`one.repository_id in (${ids}) and one.name = ${tag}`
}

function inRange(queries: Queries, { repository, project, name }: RepositoryRange): readonly Expression<SqlBool>[] {
  const parts: Expression<SqlBool>[] = []
  if (repository !== undefined) parts.push(sql<SqlBool>`r.name = ${repository}`)
  // Everything that begins with "project/": "0" follows "/".
  if (project !== undefined)
    parts.push(sql<SqlBool>`(r.name = ${project} or (r.name > ${`${project}/`} and r.name < ${`${project}0`}))`)
  if (name !== undefined) parts.push(contains(queries, sql.ref('r.name'), name))
  return parts
}

async function repositoriesToSearch(
  queries: Queries,
  range: RepositoryRange,
  filter: ImageFilter,
  { from, after, limit, most }: Parameters<ImageSearch['repositories']>[2],
): ReturnType<ImageSearch['repositories']> {
  const { name, ...bounds } = range
  const place: Expression<SqlBool>[] = [...inRange(queries, bounds)]
  if (from !== undefined) place.push(sql<SqlBool>`r.name >= ${from}`)
  if (after !== undefined) place.push(sql<SqlBool>`r.name > ${after}`)
  const where = place.length > 0 ? sql`where ${every(place)}` : sql``
  // So many names are looked at, whatever becomes of them.
  const window = sql`(select r.id, r.name from repositories as r ${where} order by r.name limit ${limit})`
  const named = name === undefined ? sql`` : sql`where ${contains(queries, sql.ref('r.name'), name)}`
  const { rows } = await sql<RepositoryToSearch>`
    select r.id, r.name, ${manifestsToLookAt(filter, most)} as manifests from ${window} as r ${named} order by r.name
    `.execute(queries)
  const repositories = rows.map(row => ({ ...row, manifests: Number(row.manifests) })).filter(row => row.manifests > 0)
  const end = await sql<Omit<RepositoryToSearch, 'manifests'>>`
    select r.id, r.name from repositories as r ${where} order by r.name limit 1 offset ${limit - 1}`.execute(queries)
  return { repositories, last: end.rows[0] }
}

/** By an index in each case: a tag is one image at most, and the beginning of a digest few. */
function manifestsToLookAt({ tag, digest }: ImageFilter, most: number) {
  if (tag !== undefined)
    return sql`(select count(*) from (select 1 from tags where repository_id = r.id and name = ${tag}) as counted)`
  const begins =
    digest === undefined
      ? sql``
      : sql`and digest >= ${digestsFrom(digest).from} and digest < ${digestsFrom(digest).until}`
  return sql`(select count(*) from
    (select 1 from manifests where repository_id = r.id ${begins} limit ${most}) as counted)`
}

async function newest(
  queries: Queries,
  range: Parameters<ImageSearch['newest']>[0],
  filter: ImageFilter,
  { before, size }: Parameters<ImageSearch['newest']>[2],
): ReturnType<ImageSearch['newest']> {
  const { repositoryIds, ...bounds } = range
  const own: Expression<SqlBool>[] = []
  if (repositoryIds !== undefined) own.push(sql<SqlBool>`m.repository_id in (${sql.join(repositoryIds)})`)
  if (before !== undefined) own.push(sql<SqlBool>`m.id < ${before}`)
  const windowed = own.length > 0 ? sql`where ${every(own)}` : sql``
  const { rows: ends } = await sql<{ id: number }>`
    select m.id from manifests as m ${windowed} order by m.id desc limit 1 offset ${size - 1}`.execute(queries)
  const end = ends[0]?.id
  const parts = [
    ...own,
    ...(filter.tag === undefined ? [] : [sql<SqlBool>`one.name = ${filter.tag}`]),
    ...(end === undefined ? [] : [sql<SqlBool>`m.id >= ${end}`]),
    ...inRange(queries, bounds),
    ...conditions(queries, filter),
  ]
  const { rows } = await sql<NewImage>`
    select m.id, m.repository_id as "repositoryId", r.name as repository, m.digest
    from ${source(filter)} join repositories as r on r.id = m.repository_id
    where ${every(parts)} order by m.id desc`.execute(queries)
  return { keys: rows, end }
}
