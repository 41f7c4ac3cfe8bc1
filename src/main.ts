import { INVENTORY_WORKER } from './app/inventory-worker-command.ts'

const words = process.argv.slice(2)

// A process that reads layers loads nothing of the server: it starts at once and holds no more than it needs.
process.exitCode =
  words[0] === INVENTORY_WORKER
    ? await (await import('./app/inventory-worker.ts')).runInventoryWorker()
    : await (await import('./app/run.ts')).run(words)
