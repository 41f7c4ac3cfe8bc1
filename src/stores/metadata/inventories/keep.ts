import type { Digest } from '../../../oci/index.ts'
import { chunks } from '../chunks.ts'
import type { Queries } from '../engine.ts'
import { settled } from './queue.ts'

export interface DistributionRow {
  readonly id: string
  readonly version: string
  readonly name?: string | undefined
}

export interface Unread {
  readonly path: string
  readonly reason: string
}

export interface Placement {
  readonly packageId: number
  /** Which of the layers; undefined for what a builder says. */
  readonly layer: number | undefined
  readonly path: string
}

/** What was found in an image. */
export interface NewInventory {
  readonly id: number
  /** As it was taken: what was asked for since stands. */
  readonly dueAt: number
  readonly distribution: DistributionRow | undefined
  /** The lowest first. */
  readonly layers: readonly Digest[]
  readonly problems: readonly Unread[]
  /** In order. */
  readonly placements: readonly Placement[]
  /** Of an SBOM: who made it, and of which image. */
  readonly madeBy?: string | undefined
  readonly about?: Digest | undefined
  readonly now: number
}

/** packages gone: nobody else held some of them, and they were removed meanwhile; to be made again. */
export type Kept = 'kept' | 'gone' | 'packages gone'

export async function keepInventory(queries: Queries, inventory: NewInventory): Promise<Kept> {
  const { id, dueAt, placements } = inventory
  const columns = await settled(queries, id, dueAt)
  if (!columns) return 'gone'
  if (!(await areThere(queries, placements))) return 'packages gone'
  await queries.deleteFrom('inventory_packages').where('inventory_id', '=', id).execute()
  const rows = placements.map(({ packageId, layer, path }, position) => ({
    inventory_id: id,
    position,
    package_id: packageId,
    layer: layer ?? null,
    path,
  }))
  for (const values of chunks(rows)) await queries.insertInto('inventory_packages').values(values).execute()
  await queries
    .updateTable('inventories')
    .set({
      ...columns,
      state: 'read',
      made_at: inventory.now,
      made_by: inventory.madeBy ?? null,
      about: inventory.about ?? null,
      distribution: inventory.distribution ? JSON.stringify(inventory.distribution) : null,
      layers: JSON.stringify(inventory.layers),
      problems: JSON.stringify(inventory.problems),
      reason: null,
    })
    .where('id', '=', id)
    .execute()
  return 'kept'
}

async function areThere(queries: Queries, placements: readonly Placement[]): Promise<boolean> {
  const ids = [...new Set(placements.map(({ packageId }) => packageId))]
  for (const some of chunks(ids)) {
    const row = await queries
      .selectFrom('packages')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('id', 'in', some)
      .executeTakeFirst()
    if (Number(row?.count) !== some.length) return false
  }
  return true
}
