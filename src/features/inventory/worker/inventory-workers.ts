import type { ImageLayers } from '../image-layers.ts'
import type { Inventory } from '../package.ts'
import { WorkerProcess, type WorkerReadOptions } from './worker-process.ts'

export interface InventoryWorkersOptions {
  /** What starts a worker: a command whose process calls `serveInventories`. */
  readonly command: readonly string[]
  /** A worker that holds more is killed, and the image refused. */
  readonly memoryBytes?: number
  /** A worker is replaced by a new one after so many. */
  readonly imagesEach?: number
  /** One that has had nothing to do for so long is ended. */
  readonly idleMs?: number
}

export interface InventoryWorkers {
  /**
   * Reads an image in a process of its own, which sees the layers and nothing else. As many run at once as are asked for.
   * @throws Refused with a reason for a person, also when the process crashed, hung or was killed over the image; the
   * signal's reason when it aborts; what `image.open` throws.
   */
  inventoryInWorker(image: ImageLayers, options: WorkerReadOptions): Promise<Inventory>
  /** Ends all of them; readings that are under way fail. */
  stop(): void
}

const DEFAULTS = { memoryBytes: 512 * 1024 ** 2, imagesEach: 50, idleMs: 30_000 }

/** Worker processes that are started when they are needed. */
export function inventoryWorkers(options: InventoryWorkersOptions): InventoryWorkers {
  const { command, memoryBytes, imagesEach, idleMs } = { ...DEFAULTS, ...options }
  const all = new Set<WorkerProcess>()
  const idle = new Map<WorkerProcess, { readonly images: number; readonly timer: NodeJS.Timeout }>()

  const end = (worker: WorkerProcess) => {
    idle.delete(worker)
    all.delete(worker)
    worker.kill()
  }
  const take = (): readonly [WorkerProcess, number] => {
    for (const [worker, { images, timer }] of idle) {
      clearTimeout(timer)
      idle.delete(worker)
      if (worker.isAlive) return [worker, images]
      all.delete(worker)
    }
    const worker = new WorkerProcess(command, memoryBytes)
    all.add(worker)
    return [worker, 0]
  }
  const giveBack = (worker: WorkerProcess, images: number) => {
    if (images >= imagesEach || !worker.isAlive) return end(worker)
    const timer = setTimeout(() => end(worker), idleMs)
    timer.unref()
    idle.set(worker, { images, timer })
  }

  return {
    async inventoryInWorker(image, reading) {
      reading.signal.throwIfAborted()
      const [worker, images] = take()
      try {
        return await worker.read(image, reading)
      } finally {
        giveBack(worker, images + 1)
      }
    },
    stop() {
      for (const worker of all) end(worker)
    },
  }
}
