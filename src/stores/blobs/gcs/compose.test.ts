import { expect, test } from 'bun:test'
import { uploadIdOf } from '../objects/layout.ts'
import { compose, partKey } from './compose.ts'

const KEY = 'registry/objects/0f/0f3c.0123456789abcdef'
const TARGET = { key: KEY, undertaking: 'parts-01234567' }

test('parts of any number become one object in their order, and no request has more than 32', async () => {
  for (const count of [1, 32, 33, 1024, 1025, 10_000]) {
    const objects = new Map<string, string>()
    const names = Array.from({ length: count }, (_, index) => partKey(TARGET, String(index)))
    for (const [index, name] of names.entries()) objects.set(name, `${index},`)
    await compose(TARGET, names, async (from, to) => {
      expect(from.length).toBeLessThanOrEqual(32)
      expect(objects.has(to)).toBe(false)
      objects.set(to, from.map(name => objects.get(name)).join(''))
    })
    expect(objects.get(KEY)).toBe(names.map((_, index) => `${index},`).join(''))
    for (const name of objects.keys()) if (name !== KEY) expect(name).toMatch(/^registry\/objects\/.*\.part$/)
  }
})

test('a part is no stored object to whoever lists', () => {
  const listed = KEY.slice('registry/objects/'.length)
  expect(uploadIdOf(listed)).toBe('0f3c')
  expect(uploadIdOf(partKey({ ...TARGET, key: listed }, '1-01234567'))).toBeUndefined()
})
