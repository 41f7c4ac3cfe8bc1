import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { hashOf, newPassword, newSecretToken, randomText, secretTokenKind } from './secret-token.ts'

const KINDS = { personal: 'berth_pat_', robot: 'berth_rob_', refresh: 'berth_ref_', session: 'berth_ses_' } as const

test('a token says of which kind it is, to us and to scanners for leaked secrets', () => {
  for (const [kind, prefix] of Object.entries(KINDS)) {
    const secret = newSecretToken(kind as keyof typeof KINDS).reveal()
    expect(secret).toMatch(new RegExp(`^${prefix}[0-9A-Za-z]{36}$`))
    expect(secretTokenKind(secret)).toBe(kind as keyof typeof KINDS)
  }
})

test('a token with one character changed is none', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(...'0123456789ABCXYZabcxyz'), (seed, character) => {
      const secret = newSecretToken('personal').reveal()
      const at = 'berth_pat_'.length + (seed % 36)
      fc.pre(secret[at] !== character)
      expect(secretTokenKind(secret.slice(0, at) + character + secret.slice(at + 1))).toBeUndefined()
    }),
  )
})

test('what only looks like a token is none', () => {
  const secret = newSecretToken('robot').reveal()
  for (const text of ['', 'berth_pat_', secret.slice(0, -1), `${secret}0`, ` ${secret}`, secret.toUpperCase()])
    expect([text, secretTokenKind(text)]).toEqual([text, undefined])
  // The checksum covers the prefix, so that a robot's token does not pass as a person's.
  expect(secretTokenKind(secret.replace('berth_rob_', 'berth_pat_'))).toBeUndefined()
})

test('no token and no password is made twice, and a hash gives nothing of them away', () => {
  const made = Array.from({ length: 1000 }, () => newSecretToken('personal').reveal())
  expect(new Set(made).size).toBe(1000)
  expect(newPassword().reveal()).not.toBe(newPassword().reveal())
  expect(newPassword().reveal()).toHaveLength(24)
  expect(hashOf(made[0] as string)).toMatch(/^[0-9a-f]{64}$/)
})

test('each character is as likely as any other', () => {
  const counts = new Map<string, number>()
  for (const character of randomText(62 * 1000)) counts.set(character, (counts.get(character) ?? 0) + 1)
  expect(counts.size).toBe(62)
  // Six standard deviations; a plain `byte % 62` would give eight of them some 1211 times each.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(190)
})
