import { type SqlBool, sql } from 'kysely'
import type { Digest, RepositoryName } from '../../../oci/index.ts'
import { chunks } from '../chunks.ts'
import type { Queries } from '../engine.ts'

/** An image that holds some of the packages. */
export interface HitImage {
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly packageIds: readonly number[]
}

export interface HitRepository {
  readonly repository: RepositoryName
  readonly images: number
}

/**
 * What an SBOM says is said of images in its own repository, by whoever may push there: on `v` (inventories) and `m`
 * (manifests).
 */
export const SAID_THERE = sql<SqlBool>`(v.about is null or exists (select 1 from manifests as said
  where said.repository_id = m.repository_id and said.digest = v.digest))`

const HOLDING = sql`inventory_packages as i join inventories as v on v.id = i.inventory_id
  join manifests as m on m.digest = coalesce(v.about, v.digest) join repositories as r on r.id = m.repository_id`

/** In every repository that has it; at most so many. */
export async function imagesHit(
  queries: Queries,
  packageIds: readonly number[],
  most: number,
): Promise<readonly HitImage[]> {
  const images = new Map<string, { repository: RepositoryName; digest: Digest; packageIds: number[] }>()
  for (const ids of chunks(packageIds)) {
    const { rows } = await hitsQuery(ids, most * 20).execute(queries)
    for (const { repository, digest, id } of rows) {
      const key = `${repository}@${digest}`
      const image = images.get(key)
      if (image) image.packageIds.push(id)
      else if (images.size < most) images.set(key, { repository, digest, packageIds: [id] })
    }
  }
  return [...images.values()]
}

/** Exported for its plan. */
export function hitsQuery(packageIds: readonly number[], limit: number) {
  return sql<{ repository: RepositoryName; digest: Digest; id: number }>`
    select distinct r.name as repository, m.digest, i.package_id as id from ${HOLDING}
    where i.package_id in (${sql.join(packageIds)}) and ${SAID_THERE} limit ${limit}`
}

export async function repositoriesHit(
  queries: Queries,
  packageIds: readonly number[],
  most: number,
): Promise<readonly HitRepository[]> {
  const counts = new Map<RepositoryName, number>()
  for (const ids of chunks(packageIds)) {
    const { rows } = await sql<{ repository: RepositoryName; images: number }>`
      select r.name as repository, count(distinct m.digest) as images from ${HOLDING}
      where i.package_id in (${sql.join(ids)}) and ${SAID_THERE} group by r.name order by r.name limit ${most}`.execute(
      queries,
    )
    // Of several parts an image may be counted twice; it is for people, who want to know whether it is one or thousands.
    for (const { repository, images } of rows)
      counts.set(repository, Math.max(counts.get(repository) ?? 0, Number(images)))
  }
  return [...counts].map(([repository, images]) => ({ repository, images }))
}
