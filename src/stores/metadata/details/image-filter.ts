import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Queries } from '../engine.ts'
import { isPostgres } from '../refuse-changes.ts'

export interface Pair {
  readonly key: string
  /** Any, when it is absent. */
  readonly value?: string | undefined
}

/** What images are asked for; all of it must hold. Text is taken as it is: nothing in it is a wildcard but in `tags`. */
export interface ImageFilter {
  readonly tag?: string | undefined
  /** `*` for any characters, `?` for one. Letters, digits and `._-` beside. */
  readonly tags?: string | undefined
  readonly tagged?: boolean | undefined
  /** With its algorithm: `sha256:3b1f`. */
  readonly digest?: string | undefined
  /** Set by people on the image or its repository, or in its config. */
  readonly labels?: readonly Pair[] | undefined
  readonly annotations?: readonly Pair[] | undefined
  /** `os`, `os/architecture` or `os/architecture/variant`. */
  readonly platform?: string | undefined
  /** Media type or artifact type. */
  readonly type?: string | undefined
  readonly atLeastBytes?: number | undefined
  readonly atMostBytes?: number | undefined
  /** Inclusive. */
  readonly pushedFrom?: number | undefined
  /** Exclusive. */
  readonly pushedUntil?: number | undefined
  readonly createdFrom?: number | undefined
  readonly createdUntil?: number | undefined
}

/** Is `text` somewhere in the column? By neither LIKE nor GLOB, so that nothing in it has a meaning. */
export function contains(queries: Queries, column: RawBuilder<unknown>, text: string): RawBuilder<SqlBool> {
  return isPostgres(queries)
    ? sql<SqlBool>`strpos(${column}, ${text}::text) > 0`
    : sql<SqlBool>`instr(${column}, ${text}) > 0`
}

/** Rows between are those whose digest begins so: a digest has no character beyond "~". */
export function digestsFrom(prefix: string): { readonly from: string; readonly until: string } {
  return { from: prefix, until: `${prefix}~` }
}

/** The conditions on `m` (manifests) and `d` (image_details, which may be absent), but for the one tag. */
export function conditions(queries: Queries, filter: ImageFilter): readonly Expression<SqlBool>[] {
  const has = (column: string, text: string) => contains(queries, sql.ref(column), text)
  const found: Expression<SqlBool>[] = [sql<SqlBool>`m.state = 'stored'`]
  const { tags, tagged, digest, platform, type } = filter
  const onTag = sql`select 1 from tags as t where t.repository_id = m.repository_id and t.digest = m.digest`
  if (tags !== undefined) found.push(sql<SqlBool>`exists (${onTag} and ${matching(queries, tags)})`)
  if (tagged !== undefined) found.push(tagged ? sql<SqlBool>`exists (${onTag})` : sql<SqlBool>`not exists (${onTag})`)
  if (digest !== undefined) {
    const { from, until } = digestsFrom(digest)
    found.push(sql<SqlBool>`m.digest >= ${from} and m.digest < ${until}`)
  }
  for (const { key, value } of filter.labels ?? []) {
    const valued = value === undefined ? sql`` : sql` and l.value = ${value}`
    found.push(sql<SqlBool>`(exists (select 1 from labels as l where l.repository_id = m.repository_id
      and l.digest in (m.digest, '') and l.key = ${key}${valued}) or ${has('d.labels', asMember({ key, value }))})`)
  }
  for (const pair of filter.annotations ?? []) found.push(has('m.annotations', asMember(pair)))
  if (platform !== undefined) {
    const isWhole = platform.split('/').length === 3
    const more = isWhole ? sql<SqlBool>`` : sql<SqlBool>` or ${has('d.platforms', `"${platform}/`)}`
    found.push(sql<SqlBool>`(${has('d.platforms', `"${platform}"`)}${more})`)
  }
  if (type !== undefined) found.push(sql<SqlBool>`(m.media_type = ${type} or m.artifact_type = ${type})`)
  return [...found, ...ranges(filter)]
}

function ranges(filter: ImageFilter): readonly Expression<SqlBool>[] {
  const bounds = [
    [sql`d.total_bytes >=`, filter.atLeastBytes],
    [sql`d.total_bytes <=`, filter.atMostBytes],
    [sql`m.pushed_at >=`, filter.pushedFrom],
    [sql`m.pushed_at <`, filter.pushedUntil],
    [sql`d.created_at >=`, filter.createdFrom],
    [sql`d.created_at <`, filter.createdUntil],
  ] as const
  return bounds.flatMap(([left, value]) => (value === undefined ? [] : [sql<SqlBool>`${left} ${value}`]))
}

/**
 * As it stands in a JSON object. What is found so is read and compared again: a key may end as another does, after a
 * quotation mark of its own.
 */
function asMember({ key, value }: Pair): string {
  return `${JSON.stringify(key)}:${value === undefined ? '' : JSON.stringify(value)}`
}

function matching(queries: Queries, pattern: string): RawBuilder<SqlBool> {
  if (!isPostgres(queries)) return sql<SqlBool>`t.name glob ${pattern}`
  const like = pattern.replaceAll('_', '\\_').replaceAll('*', '%').replaceAll('?', '_')
  return sql<SqlBool>`t.name like ${like}`
}
