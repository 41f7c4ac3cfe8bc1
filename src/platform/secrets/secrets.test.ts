import { expect, test } from 'bun:test'
import { inspect } from 'node:util'
import { Secret } from './index.ts'

test('a secret is printed by nothing but reveal', () => {
  const secret = new Secret('hunter2')
  const printed = [
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }),
    Bun.inspect({ secret }),
    String(secret),
  ]
  expect(printed.filter(text => text.includes('hunter2'))).toEqual([])
  expect(secret.reveal()).toBe('hunter2')
})

test('secrets are equal when their values are', () => {
  expect(new Secret('a').equals(new Secret('a'))).toBe(true)
  expect(new Secret('a').equals(new Secret('ab'))).toBe(false)
  expect(new Secret('').isEmpty).toBe(true)
})
