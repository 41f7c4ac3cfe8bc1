import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import {
  DEFAULT_INVENTORY_LIMITS,
  type ImageLayers,
  type InventoryWorkers,
  inventoryWorkers,
  Refused,
} from '../../src/features/inventory/index.ts'
import { DEBIAN, dpkgStatus, imageOf, imageWith, namesOf } from './images.ts'
import { COMPRESS, tarOf } from './tar.ts'

const MAIN = join(import.meta.dir, '../../src/main.ts')
const workers = inventoryWorkers({ command: [process.execPath, MAIN, 'read-layers'] })
afterAll(() => {
  for (const pool of [workers, ...pools]) pool.stop()
})

const image = imageWith([DEBIAN, { name: 'var/lib/dpkg/status', content: dpkgStatus('curl 1', 'wget 2') }])
const limits = DEFAULT_INVENTORY_LIMITS
const signal = new AbortController().signal
/** What runs instead of a worker; it would not end by itself when the tests do. */
const pools: InventoryWorkers[] = []
function scripted(script: string, options: { readonly memoryBytes?: number } = {}): InventoryWorkers {
  const pool = inventoryWorkers({ command: [process.execPath, '-e', script], ...options })
  pools.push(pool)
  return pool
}

test('a worker reads one image after another, and several at once', async () => {
  const first = await workers.inventoryInWorker(image, { limits, signal })
  expect(namesOf(first)).toEqual(['curl 1', 'wget 2'])
  expect(first.distribution?.id).toBe('debian')
  const more = await Promise.all([1, 2, 3].map(() => workers.inventoryInWorker(image, { limits, signal })))
  expect(more).toEqual([first, first, first])
})

test('what is refused is refused with its reason, and the worker reads on', async () => {
  const damaged = imageOf([Buffer.from('no archive at all'.repeat(100))])
  await expect(workers.inventoryInWorker(damaged, { limits, signal })).rejects.toThrow(Refused)
  await expect(workers.inventoryInWorker(damaged, { limits, signal })).rejects.toThrow(/A layer is damaged/)
  expect(namesOf(await workers.inventoryInWorker(image, { limits, signal }))).toEqual(['curl 1', 'wget 2'])
})

test('a layer that is not held is told, and a store that fails is not the image’s fault', async () => {
  const none = await workers.inventoryInWorker({ ...image, open: async () => undefined }, { limits, signal })
  expect(none.problems[0]?.reason).toContain('the registry does not hold it')
  const open = async () => new ReadableStream({ pull: controller => controller.error(new Error('the disk is gone')) })
  await expect(workers.inventoryInWorker({ ...image, open }, { limits, signal })).rejects.toThrow('the disk is gone')
  expect(namesOf(await workers.inventoryInWorker(image, { limits, signal }))).toEqual(['curl 1', 'wget 2'])
})

test('a layer that stops in the middle is cancelled by its signal', async () => {
  const asked = Promise.withResolvers<void>()
  const stuck: ImageLayers = {
    ...image,
    async open() {
      asked.resolve()
      return new ReadableStream({ pull: () => new Promise(() => undefined) })
    },
  }
  const cancelling = new AbortController()
  const reading = workers.inventoryInWorker(stuck, { limits, signal: cancelling.signal })
  await asked.promise
  cancelling.abort(new Error('not wanted any more'))
  await expect(reading).rejects.toThrow('not wanted any more')
})

test('a worker that crashes, hangs, takes too much memory or talks nonsense costs only the image it reads', async () => {
  const read = (script: string, options = {}, changed = {}) =>
    scripted(script, options).inventoryInWorker(image, { limits: { ...limits, ...changed }, signal })
  await expect(read('process.exit(3)')).rejects.toThrow('its process ended with exit code 3')
  await expect(read('process.kill(process.pid, "SIGSEGV"); await Bun.sleep(1e6)')).rejects.toThrow(
    'its process ended with SIGSEGV',
  )
  await expect(read('for (;;);', {}, { timeMs: -4500 })).rejects.toThrow('it takes longer than 0.5 seconds')
  const hoard = 'const held = []; for (;;) { held.push(new Uint8Array(1e6).fill(1)); await Bun.sleep(1) }'
  await expect(read(hoard, { memoryBytes: 256 * 1024 ** 2 })).rejects.toThrow('it takes more than 256 MiB of memory')
  await expect(read('console.log("nonsense"); await Bun.sleep(1e6)')).rejects.toThrow(Refused)
  await expect(
    read('console.log(JSON.stringify({ kind: "package", package: { name: 1 } })); await Bun.sleep(1e6)'),
  ).rejects.toThrow(Refused)
  await expect(read('process.stdout.write("x".repeat(3e6)); await Bun.sleep(1e6)')).rejects.toThrow(
    'a line has more than',
  )
  const other = `sha256:${'0'.repeat(64)}`
  await expect(
    read(`console.log(JSON.stringify({ kind: "open", digest: "${other}" })); await Bun.sleep(1e6)`),
  ).rejects.toThrow('it asks for a layer of another image')
})

test('a worker has nothing of the environment of the server', async () => {
  process.env.BERTH_TEST_SECRET = 'hunter2'
  const script =
    'console.log(JSON.stringify({ kind: "refused", reason: Object.keys(process.env).sort().join() })); await Bun.sleep(1e6)'
  const reading = scripted(script).inventoryInWorker(image, { limits, signal })
  await expect(reading).rejects.toThrow(/^BUN_JSC_forceRAMSize$/)
  delete process.env.BERTH_TEST_SECRET
})

test('progress is told while an image is read', async () => {
  const told: number[] = []
  const large = imageOf([COMPRESS.gzip(tarOf({ name: 'large', content: new Uint8Array(4 * 1024 ** 2) }))])
  await workers.inventoryInWorker(large, { limits, signal, onProgress: ({ layers }) => told.push(layers) })
  expect(told[0]).toBe(1)
})
