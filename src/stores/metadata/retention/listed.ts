import { type RawBuilder, sql } from 'kysely'
import type { Digest } from '../../../oci/index.ts'
import type { Queries } from '../engine.ts'
import { isPostgres } from '../refuse-changes.ts'

/** Any number of digests as one parameter: a statement that is the same for each list is compiled once. */
export function listed(queries: Queries, digests: readonly Digest[]): RawBuilder<Digest> {
  const json = JSON.stringify(digests)
  if (isPostgres(queries)) return sql`(select json_array_elements_text(cast(cast(${json} as text) as json)))`
  return sql`(select value from json_each(${json}))`
}
