import { expect, test } from 'bun:test'
import { createQuota } from './quota.ts'

test('each may so often in a window, and is told when it ends', () => {
  let now = 1_000_000
  const quota = createQuota({ count: 2, windowSeconds: 60 }, () => now)
  expect([quota.spend('a'), quota.spend('a'), quota.spend('b')]).toEqual([undefined, undefined, undefined])
  now += 20_500
  expect(quota.spend('a')).toBe(40)
  expect(quota.spend('b')).toBeUndefined()
  now += 39_500
  expect(quota.spend('a')).toBeUndefined()
})
