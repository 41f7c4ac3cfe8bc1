import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { OpenedEngine } from './engine.contract.ts'
import { createPendingSignOns } from './pending-sign-ons.ts'
import { createUsedTokens } from './used-tokens.ts'

/** What every engine promises about tokens that count once, and sign-ons under way. */
export function sourcesContract(name: string, open: () => Promise<OpenedEngine>): void {
  describe(`${name} keeps what is known of others’ identities:`, () => {
    let opened: OpenedEngine
    let now: number
    const clock = () => now
    beforeEach(async () => {
      now = 1_800_000_000_000
      opened = await open()
    })
    afterEach(() => opened[Symbol.asyncDispose]())

    test('a token counts once, whichever replicas it is shown to at once', async () => {
      const another = await opened.another()
      const replicas = [createUsedTokens(opened.engine, clock), createUsedTokens(another, clock)]
      const uses = Array.from({ length: 10 }, (_, index) => replicas[index % 2]?.useOnce('issuer', 'token', now + 1000))
      expect((await Promise.all(uses)).filter(Boolean)).toHaveLength(1)
      await another.close()
    })

    test('tokens of two issuers, or with two names, are two', async () => {
      const used = createUsedTokens(opened.engine, clock)
      for (const [issuer, id] of [
        ['a', 'bc'],
        ['ab', 'c'],
        ['a', 'b'],
      ] as const) {
        expect(await used.useOnce(issuer, id, now + 1000)).toBe(true)
        expect(await used.useOnce(issuer, id, now + 1000)).toBe(false)
      }
    })

    test('a token is remembered until it expires, and not for ever', async () => {
      const used = createUsedTokens(opened.engine, clock)
      await used.useOnce('issuer', 'short', now + 100_000)
      await used.useOnce('issuer', 'long', now + 1_000_000)
      now += 99_000
      expect(await used.useOnce('issuer', 'short', now + 1000)).toBe(false)
      now += 120_000
      expect(await used.useOnce('issuer', 'long', now + 1000)).toBe(false)
      const rows = await opened.engine.db.selectFrom('used_tokens').select('token').execute()
      expect(rows).toHaveLength(1)
    })

    test('a sign-on is found with its key, and taken once', async () => {
      const pending = createPendingSignOns(opened.engine, clock)
      await pending.keep('key', '{"state":"x"}', now + 600_000)
      expect(await pending.find('key')).toBe('{"state":"x"}')
      expect(await pending.find('other')).toBeUndefined()
      const another = await opened.another()
      const replicas = [pending, createPendingSignOns(another, clock)]
      const taken = await Promise.all([0, 1, 2, 3].map(index => replicas[index % 2]?.take('key')))
      expect(taken.filter(content => content !== undefined)).toEqual(['{"state":"x"}'])
      expect(await pending.find('key')).toBeUndefined()
      await another.close()
    })

    test('a sign-on that took too long is none, and its row goes', async () => {
      const pending = createPendingSignOns(opened.engine, clock)
      await pending.keep('one', 'x', now + 1000)
      await pending.keep('two', 'x', now + 1000)
      now += 1001
      expect(await pending.find('one')).toBeUndefined()
      expect(await pending.take('two')).toBeUndefined()
      await pending.keep('three', 'x', now + 1000)
      expect(await opened.engine.db.selectFrom('pending_sign_ons').select('id').execute()).toHaveLength(1)
    })

    test('no key is stored as it is', async () => {
      await createPendingSignOns(opened.engine, clock).keep('a-secret-key', 'x', now)
      await createUsedTokens(opened.engine, clock).useOnce('issuer', 'a-secret-id', now)
      const rows = [
        ...(await opened.engine.db.selectFrom('pending_sign_ons').selectAll().execute()),
        ...(await opened.engine.db.selectFrom('used_tokens').selectAll().execute()),
      ]
      expect(rows).toHaveLength(2)
      expect(JSON.stringify(rows)).not.toContain('a-secret')
    })
  })
}
