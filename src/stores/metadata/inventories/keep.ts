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

/**
 * same: it was known already, and since when stays. packages gone: nobody else held some of them, and they were removed
 * meanwhile; to be made again.
 */
export type Kept = 'kept' | 'same' | 'gone' | 'packages gone'

export async function keepInventory(queries: Queries, inventory: NewInventory): Promise<Kept> {
  const { id, dueAt, placements } = inventory
  const columns = await settled(queries, id, dueAt)
  if (!columns) return 'gone'
  if (!(await areThere(queries, placements))) return 'packages gone'
  const rows = placements.map(({ packageId, layer, path }, position) => ({
    inventory_id: id,
    position,
    package_id: packageId,
    layer: layer ?? null,
    path,
  }))
  const facts = {
    made_by: inventory.madeBy ?? null,
    about: inventory.about ?? null,
    distribution: inventory.distribution ? JSON.stringify(inventory.distribution) : null,
    layers: JSON.stringify(inventory.layers),
    problems: JSON.stringify(inventory.problems),
  }
  const read = { ...columns, state: 'read' as const, reason: null }
  if (await isSame(queries, id, { ...facts, state: 'read' }, rows)) {
    await queries.updateTable('inventories').set(read).where('id', '=', id).execute()
    return 'same'
  }
  await queries.deleteFrom('inventory_packages').where('inventory_id', '=', id).execute()
  for (const values of chunks(rows)) await queries.insertInto('inventory_packages').values(values).execute()
  await queries
    .updateTable('inventories')
    .set({ ...read, ...facts, made_at: inventory.now })
    .where('id', '=', id)
    .execute()
  return 'kept'
}

async function isSame(
  queries: Queries,
  id: number,
  facts: Readonly<Record<string, string | null>>,
  rows: readonly object[],
): Promise<boolean> {
  const before = await queries
    .selectFrom('inventories')
    .select(['state', 'made_by', 'about', 'distribution', 'layers', 'problems'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!before || Object.entries(before).some(([name, value]) => value !== facts[name])) return false
  const held = await queries
    .selectFrom('inventory_packages')
    .select(['inventory_id', 'position', 'package_id', 'layer', 'path'])
    .where('inventory_id', '=', id)
    .orderBy('position')
    .execute()
  return held.length === rows.length && held.every((row, index) => Bun.deepEquals(row, rows[index]))
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
