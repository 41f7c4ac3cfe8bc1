import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createMetadata, type Metadata } from '../../stores/metadata/index.ts'
import { attemptSignIn, createSignInThrottle, type SignInRules } from './index.ts'
import type { OpenedDatabase } from './limits.contract.ts'

const RULES: SignInRules = {
  slowAfter: 3,
  lockAfter: 10,
  lockSeconds: 900,
  addressAfter: 50,
  accountAfter: 20,
  forgetSeconds: 86_400,
}

/** What replicas on one database promise together about attempts to sign in, on either engine. */
export function signInContract(name: string, open: () => Promise<OpenedDatabase>): void {
  describe(`sign-ins on ${name}:`, () => {
    let opened: OpenedDatabase
    let one: Metadata
    let two: Metadata
    let now: number
    const clock = () => now
    beforeEach(async () => {
      now = 1_800_000_000_000
      opened = await open()
      one = createMetadata(opened.engine)
      two = createMetadata(await opened.another())
    })
    afterEach(async () => {
      await two.close()
      await opened[Symbol.asyncDispose]()
    })

    const throttles = () =>
      [one, two].map(metadata => createSignInThrottle(metadata.signInRecords, RULES, clock)) as [
        ReturnType<typeof createSignInThrottle>,
        ReturnType<typeof createSignInThrottle>,
      ]
    const fail = async (throttle: ReturnType<typeof createSignInThrottle>, account: string, address: string) => {
      const verdict = await throttle.before(account, address)
      if (!verdict.allowed) return verdict.retryAfterSeconds
      await throttle.failed(account, address)
      return 'tried'
    }

    test('after three failures each makes the next wait twice as long, on every replica', async () => {
      const [first, second] = throttles()
      const waits: unknown[] = []
      for (let index = 0; index < 12; index += 1) {
        const outcome = await fail(index % 2 ? first : second, 'ann', '192.0.2.1')
        waits.push(outcome)
        if (typeof outcome === 'number') now += outcome * 1000
      }
      expect(waits).toEqual(['tried', 'tried', 'tried', 1, 'tried', 2, 'tried', 4, 'tried', 8, 'tried', 16])
    })

    test('ten failures lock the account for that address, not for its owner elsewhere', async () => {
      const [first, second] = throttles()
      for (let failures = 0; failures < 10; ) {
        const outcome = await fail(first, 'ann', '203.0.113.9')
        if (outcome === 'tried') failures += 1
        else now += outcome * 1000
      }
      expect(await second.before('ANN ', '203.0.113.9')).toMatchObject({
        allowed: false,
        which: 'pair',
        retryAfterSeconds: 900,
      })
      expect(await second.before('ann', '192.0.2.1')).toEqual({ allowed: true })
      await second.succeeded('ann', '192.0.2.1')
      expect(await first.before('ann', '203.0.113.9')).toMatchObject({ allowed: false })
      now += 900_000
      expect(await first.before('ann', '203.0.113.9')).toEqual({ allowed: true })
    })

    test('guessing from everywhere slows strangers down, and the owner at a known address not at all', async () => {
      const [first, second] = throttles()
      await second.before('ann', '192.0.2.1')
      await second.succeeded('ann', '192.0.2.1')
      let refused = 0
      for (let index = 0; index < 60; index += 1) {
        if ((await fail(first, 'ann', `198.51.100.${index}`)) !== 'tried') refused += 1
      }
      expect(refused).toBe(60 - RULES.accountAfter)
      expect(await second.before('ann', '203.0.113.1')).toMatchObject({ allowed: false, which: 'account' })
      expect(await second.before('ann', '192.0.2.1')).toEqual({ allowed: true })
      await second.succeeded('ann', '192.0.2.1')
      now += 30_000
      expect(await second.before('ann', '203.0.113.1')).toEqual({ allowed: true })
    })

    test('an address that tries many accounts is slowed down, but not for those who sign in from it', async () => {
      const [first] = throttles()
      await first.before('ann', '192.0.2.1')
      await first.succeeded('ann', '192.0.2.1')
      for (let index = 0; index < 50; index += 1) await fail(first, `guess-${index}`, '192.0.2.1')
      expect(await first.before('ben', '192.0.2.1')).toMatchObject({ allowed: false, which: 'address' })
      expect(await first.before('ann', '192.0.2.1')).toEqual({ allowed: true })
      expect(await first.before('ben', '192.0.2.2')).toEqual({ allowed: true })
    })

    test('a success ends the delays of the pair, and failures are forgotten after their time', async () => {
      const [first] = throttles()
      for (let index = 0; index < 3; index += 1) await fail(first, 'ann', '192.0.2.1')
      expect(await first.before('ann', '192.0.2.1')).toMatchObject({ allowed: false })
      now += 1000
      await first.before('ann', '192.0.2.1')
      await first.succeeded('ann', '192.0.2.1')
      for (let index = 0; index < 3; index += 1) expect(await fail(first, 'ann', '192.0.2.1')).toBe('tried')
      now += RULES.forgetSeconds * 1000
      for (let index = 0; index < 3; index += 1) expect(await fail(first, 'ann', '192.0.2.1')).toBe('tried')
    })

    test('a thousand at once are no way around it', async () => {
      const [first] = throttles()
      let tried = 0
      const attempt = (index: number) =>
        attemptSignIn(first, { account: 'ann', address: '192.0.2.1' }, async () => {
          tried += 1
          await Bun.sleep(index % 3)
          return undefined
        })
      const outcomes = await Promise.all(Array.from({ length: 1000 }, (_, index) => attempt(index)))
      expect(tried).toBeLessThanOrEqual(RULES.lockAfter)
      expect(outcomes.filter(({ verdict }) => !verdict.allowed).length).toBe(1000 - tried)
    })

    test('fifty right passwords at once all sign in', async () => {
      const [first] = throttles()
      const attempt = () =>
        attemptSignIn(first, { account: 'ci', address: '192.0.2.1' }, async () => {
          await Bun.sleep(1)
          return 'welcome'
        })
      const outcomes = await Promise.all(Array.from({ length: 50 }, attempt))
      expect(outcomes.filter(({ result }) => result === 'welcome').length).toBe(50)
    })

    test('a check that breaks counts as nothing', async () => {
      const [first] = throttles()
      const broken = () =>
        attemptSignIn(first, { account: 'ann', address: '192.0.2.1' }, () => Promise.reject(new Error('LDAP is gone')))
      for (let index = 0; index < 20; index += 1) await expect(broken()).rejects.toThrow('LDAP is gone')
      expect(await first.before('ann', '192.0.2.1')).toEqual({ allowed: true })
    })

    test('no name is stored as it was typed', async () => {
      const [first] = throttles()
      await fail(first, 'my-secret-password', '192.0.2.1')
      const rows = await opened.engine.db.selectFrom('sign_in_records').selectAll().execute()
      expect(rows).toHaveLength(3)
      expect(JSON.stringify(rows)).not.toContain('my-secret-password')
    })
  })
}
