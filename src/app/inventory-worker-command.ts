/** The word that makes a process of this program one that reads layers; nobody types it. */
export const INVENTORY_WORKER = 'read-layers'

/** Starts a process that reads layers; in a single-file build the program is the executable itself. */
export function inventoryWorkerCommand(): readonly string[] {
  const program = Bun.main.startsWith('/$bunfs/') ? [] : [Bun.main]
  return [process.execPath, ...program, INVENTORY_WORKER]
}
