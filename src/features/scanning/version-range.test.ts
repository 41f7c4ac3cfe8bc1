import { expect, test } from 'bun:test'
import { isWithin, parseVersionRange } from './version-range.ts'

const within = (version: string, range: string) =>
  isWithin(version, parseVersionRange(range), (a, b) => Bun.semver.order(a, b))

test('a range is read as people write it', () => {
  expect(within('2.16.0', '<2.17.0')).toBe(true)
  expect(within('2.17.0', '<2.17.0')).toBe(false)
  expect(within('1.5.0', '>=1.0.0, <2.0.0')).toBe(true)
  expect(within('0.9.0', '>= 1.0.0,<2.0.0')).toBe(false)
  expect(within('1.2.3', '1.2.3')).toBe(true)
  expect(within('1.2.4', '=1.2.3')).toBe(false)
  expect(within('1.2.3', '<=1.2.3')).toBe(true)
  expect(within('1.2.3', '>1.2.3')).toBe(false)
})

test('what is none is refused', () => {
  for (const range of ['', '<', '<<1', '1 2', ',', `${'>1,'.repeat(11)}>1`, `<${'1'.repeat(129)}`])
    expect(() => parseVersionRange(range)).toThrow('version: ')
})
