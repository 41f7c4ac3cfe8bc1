import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { DEFAULT_INVENTORY_LIMITS, inventoryWorkers, Refused } from '../../src/features/inventory/index.ts'
import { imageOf, LISTS, namesOf, read } from './images.ts'
import { MALICE } from './malicious.ts'

/** What one may take of memory: most of it are the layers themselves, which the tests hold. */
const MOST_BYTES = 400 * 1024 ** 2

test('there are more kinds than anybody counts', () => {
  expect(new Set(MALICE.map(({ what }) => what)).size).toBeGreaterThan(50)
})

test.each(MALICE.map(malice => [malice.what, malice] as const))('%s', async (_, { layers, expected, limits }) => {
  const image = imageOf(await layers())
  Bun.gc(true)
  const before = process.memoryUsage.rss()
  const reading = read(image, { ...limits, readers: [LISTS] })
  if ('refused' in expected) {
    await expect(reading).rejects.toThrow(expected.refused)
    await expect(reading).rejects.toThrow(Refused)
  } else {
    const inventory = await reading
    if ('packages' in expected) expect(namesOf(inventory)).toEqual([...expected.packages])
    else expect(inventory.problems.map(({ reason }) => reason).join('\n')).toMatch(expected.problem)
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(MOST_BYTES)
})

test('a worker outlives all of them, whatever languages it looks for', async () => {
  const command = [process.execPath, join(import.meta.dir, '../../src/main.ts'), 'read-layers']
  const workers = inventoryWorkers({ command, imagesEach: MALICE.length })
  const signal = new AbortController().signal
  const crashed: string[] = []
  for (const { what, layers, limits } of MALICE) {
    try {
      await workers.inventoryInWorker(imageOf(await layers()), {
        limits: { ...DEFAULT_INVENTORY_LIMITS, ...limits },
        signal,
      })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      // Said of the process, and not by it.
      if (error.message.startsWith('The image could not be read')) crashed.push(`${what}: ${error.message}`)
    }
  }
  workers.stop()
  expect(crashed).toEqual([])
})
