import { expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { createSealer, SealBroken } from './index.ts'

const sealer = createSealer(randomBytes(32))

test('what was sealed is opened as it was, and cannot be read in between', () => {
  for (const text of ['', 'hunter2', '{"d":"…"}', 'x'.repeat(100_000)]) {
    const sealed = sealer.seal('signing key', text)
    expect(sealed).toMatch(/^v1\.[A-Za-z0-9_-]+$/)
    expect(sealer.open('signing key', sealed)).toBe(text)
  }
  expect(sealer.seal('a', 'hunter2')).not.toBe(sealer.seal('a', 'hunter2'))
})

test('a seal is not opened with another key or for another purpose', () => {
  const sealed = sealer.seal('signing key', 'hunter2')
  expect(() => createSealer(randomBytes(32)).open('signing key', sealed)).toThrow(SealBroken)
  expect(() => sealer.open('webhook secret', sealed)).toThrow(SealBroken)
})

test('a seal that was changed anywhere, cut or made up is broken', () => {
  const sealed = sealer.seal('a', 'hunter2')
  const bytes = Buffer.from(sealed.slice(3), 'base64url')
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] as number) ^ 1
    expect(() => sealer.open('a', `v1.${changed.toString('base64url')}`)).toThrow(SealBroken)
  }
  for (const text of [
    '',
    'v1',
    'v1.',
    `v2.${sealed.slice(3)}`,
    `v1.${bytes.subarray(0, -1).toString('base64url')}`,
    'hunter2',
  ])
    expect(() => sealer.open('a', text)).toThrow(SealBroken)
})
