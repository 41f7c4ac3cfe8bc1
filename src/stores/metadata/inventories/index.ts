import type { Engine } from '../engine.ts'
import { createInventories, type Inventories } from './inventories.ts'
import { createPackageSearch, type PackageSearch } from './package-search.ts'
import { createPackages, type Packages } from './packages.ts'
import { createInventoryQueue, type InventoryQueue } from './queue.ts'

export type { HeldPackage, Inventories, StoredInventory } from './inventories.ts'
export type { DistributionRow, Kept, NewInventory, Placement, Unread } from './keep.ts'
export type { Holder, HolderPosition, PackageSearch, PackageVersion } from './package-search.ts'
export type { KnownPackage, NewPackage, Packages } from './packages.ts'
export type { DueImage, InventoryQueue, NotRead } from './queue.ts'

/** What images hold: how it is found out, kept and asked for. */
export interface InventoryTables {
  readonly queue: InventoryQueue
  readonly inventories: Inventories
  readonly packages: Packages
  readonly search: PackageSearch
}

export function createInventoryTables(engine: Engine): InventoryTables {
  return {
    queue: createInventoryQueue(engine),
    inventories: createInventories(engine),
    packages: createPackages(engine),
    search: createPackageSearch(engine),
  }
}
