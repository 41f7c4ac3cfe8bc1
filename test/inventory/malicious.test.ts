import { expect, test } from 'bun:test'
import { Refused } from '../../src/features/inventory/index.ts'
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
