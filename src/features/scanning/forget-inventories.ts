import type { InventoryTables } from '../../stores/metadata/index.ts'

const PART = 500

/** Forgets what manifests hold that no repository has any more, and packages that no image holds. */
export async function forgetInventories(
  { inventories, packages }: Pick<InventoryTables, 'inventories' | 'packages'>,
  signal: AbortSignal,
): Promise<{ readonly inventories: number; readonly packages: number }> {
  return { inventories: await all(inventories, signal), packages: await all(packages, signal) }
}

async function all(table: Pick<InventoryTables['packages'], 'removeUnheld'>, signal: AbortSignal): Promise<number> {
  let removed = 0
  for (let after = 0; !signal.aborted; ) {
    const part = await table.removeUnheld(after, PART)
    removed += part.removed
    if (part.next === undefined) break
    after = part.next
    await new Promise(setImmediate)
  }
  return removed
}
