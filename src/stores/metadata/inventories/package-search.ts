import { sql } from 'kysely'
import type { Digest, RepositoryName } from '../../../oci/index.ts'
import { chunks } from '../chunks.ts'
import type { Engine, Queries } from '../engine.ts'

export interface PackageVersion {
  readonly id: number
  readonly ecosystem: string
  readonly version: string
}

/** An image that holds one of the packages that were asked for. */
export interface Holder {
  readonly inventoryId: number
  readonly manifestId: number
  readonly repository: RepositoryName
  readonly digest: Digest
  /** Which of them. */
  readonly packageIds: readonly number[]
}

export interface HolderPosition {
  readonly inventoryId: number
  readonly manifestId: number
}

/** Which images hold a package. */
export interface PackageSearch {
  /** Those of that name, whole or short, or built from what has it. @param ecosystem with or without a release. */
  versions(names: readonly string[], ecosystem: string | undefined, limit: number): Promise<readonly PackageVersion[]>
  /** In the order in which they came to the line. */
  holders(
    packageIds: readonly number[],
    page: { readonly after?: HolderPosition | undefined; readonly limit: number },
  ): Promise<readonly Holder[]>
}

export function createPackageSearch({ db }: Engine): PackageSearch {
  return {
    async versions(names, ecosystem, limit) {
      const wanted = ecosystem?.toLowerCase()
      const found = new Map<number, PackageVersion>()
      for (const column of ['name', 'short_name', 'source_name'] as const) {
        const rows = await db
          .selectFrom('packages')
          .select(['id', 'ecosystem', 'version'])
          .where(column, 'in', names)
          .$if(wanted !== undefined, query =>
            query.where(({ or, and, eb, fn }) => {
              const lower = fn<string>('lower', ['ecosystem'])
              // "Debian" and "Debian:12": ";" follows ":".
              return or([
                eb(lower, '=', wanted as string),
                and([eb(lower, '>=', `${wanted}:`), eb(lower, '<', `${wanted};`)]),
              ])
            }),
          )
          .orderBy('id')
          .limit(limit)
          .execute()
        for (const row of rows) found.set(row.id, row)
      }
      return [...found.values()].slice(0, limit)
    },
    async holders(packageIds, page) {
      const found = new Map<string, Place>()
      for (const some of chunks(packageIds))
        for (const row of await placesOf(db, some, page)) found.set(`${row.inventoryId} ${row.manifestId}`, row)
      const places = [...found.values()]
        .sort((a, b) => a.inventoryId - b.inventoryId || a.manifestId - b.manifestId)
        .slice(0, page.limit)
      const held = await heldBy(db, packageIds, [...new Set(places.map(({ inventoryId }) => inventoryId))])
      return places.map(place => ({ ...place, packageIds: held.get(place.inventoryId) ?? [] }))
    },
  }
}

type Place = Omit<Holder, 'packageIds'>

async function placesOf(
  queries: Queries,
  packageIds: readonly number[],
  { after, limit }: Parameters<PackageSearch['holders']>[1],
): Promise<readonly Place[]> {
  const { inventoryId = 0, manifestId = 0 } = after ?? {}
  const { rows } = await sql<Place>`
    select i.id as "inventoryId", m.id as "manifestId", r.name as repository, i.digest
      from inventories as i
        join manifests as m on m.digest = i.digest and m.state = 'stored'
        join repositories as r on r.id = m.repository_id
      where i.id in (
        select held.inventory_id from inventory_packages as held
          where held.package_id in (${sql.join(packageIds)}) and held.inventory_id >= ${inventoryId})
        and (i.id > ${inventoryId} or m.id > ${manifestId})
      order by i.id, m.id limit ${limit}`.execute(queries)
  return rows
}

/** Which of the packages each of the inventories has. */
async function heldBy(queries: Queries, packageIds: readonly number[], inventoryIds: readonly number[]) {
  const held = new Map<number, number[]>()
  for (const inventories of chunks(inventoryIds))
    for (const packages of chunks(packageIds)) {
      const rows = await queries
        .selectFrom('inventory_packages')
        .select(['inventory_id', 'package_id'])
        .distinct()
        .where('package_id', 'in', packages)
        .where('inventory_id', 'in', inventories)
        .orderBy('inventory_id')
        .orderBy('package_id')
        .execute()
      for (const { inventory_id, package_id } of rows)
        held.set(inventory_id, [...(held.get(inventory_id) ?? []), package_id])
    }
  return held
}
