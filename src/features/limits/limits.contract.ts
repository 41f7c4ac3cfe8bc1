import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Unavailable } from '../../platform/outcome/index.ts'
import { createMetadata, type Engine, type Metadata } from '../../stores/metadata/index.ts'
import {
  type Asker,
  createLimits,
  createSignInThrottle,
  type RateLimits,
  removeExpiredLimits,
  type SignInRules,
} from './index.ts'

export interface OpenedDatabase extends AsyncDisposable {
  readonly engine: Engine
  /** Another connection to the same database, as another replica has. */
  another(): Promise<Engine>
}

const HOUR_MS = 3600_000
const RULES: SignInRules = {
  slowAfter: 3,
  lockAfter: 10,
  lockSeconds: 900,
  addressAfter: 50,
  accountAfter: 20,
  forgetSeconds: 86_400,
}
const SOMEBODY: Asker = { identity: undefined, address: '192.0.2.1' }

/** What replicas on one database promise together, on either engine. */
export function limitsContract(name: string, open: () => Promise<OpenedDatabase>): void {
  describe(`limits on ${name}:`, () => {
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

    const fault = (error: unknown) => {
      throw error
    }
    const replica = (metadata: Metadata, limits: RateLimits) =>
      createLimits({ windows: metadata.rateWindows, limits, clock, fault })
    const both = (limits: RateLimits) => [replica(one, limits), replica(two, limits)] as const
    const allowed = async (pulls: readonly ReturnType<ReturnType<typeof replica>['pull']>[]) =>
      (await Promise.all(pulls)).filter(verdict => verdict?.allowed).length

    test('two replicas share a limit, however they race', async () => {
      const [first, second] = both({ anonymousPulls: { count: 100, windowSeconds: 3600 } })
      const pulls = Array.from({ length: 300 }, (_, index) => (index % 2 ? first : second).pull(SOMEBODY))
      expect(await allowed(pulls)).toBe(100)
      expect(await first.pull(SOMEBODY)).toMatchObject({ allowed: false, remaining: 0, retryAfterSeconds: 3600 })
      expect(await second.pull(SOMEBODY)).toMatchObject({
        allowed: false,
        which: 'anonymousPulls',
        source: '192.0.2.1',
      })
      expect(await first.limitsOf(SOMEBODY)).toMatchObject([{ remaining: 0, resetsAfterSeconds: 3600 }])
    })

    test('one after the other, what is left counts down by one, on whichever replica', async () => {
      const [first, second] = both({ anonymousPulls: { count: 6, windowSeconds: 3600 } })
      const left: unknown[] = []
      for (const limits of [first, second, second, first, second, first, first, second]) {
        const verdict = await limits.pull(SOMEBODY)
        left.push(verdict?.allowed ? verdict.remaining : 'refused')
        now += 2000
      }
      expect(left).toEqual([5, 4, 3, 2, 1, 0, 'refused', 'refused'])
    })

    test('the time to wait counts down, and the window begins anew when it has passed', async () => {
      const [first, second] = both({ anonymousPulls: { count: 1, windowSeconds: 3600 } })
      expect(await first.pull(SOMEBODY)).toMatchObject({ allowed: true, remaining: 0 })
      now += 1_000_000
      expect(await second.pull(SOMEBODY)).toMatchObject({ allowed: false, retryAfterSeconds: 2600 })
      now += 2_599_001
      expect(await second.pull(SOMEBODY)).toMatchObject({ allowed: false, retryAfterSeconds: 1 })
      now += 999
      expect(await second.pull(SOMEBODY)).toMatchObject({ allowed: true })
      expect(await first.pull(SOMEBODY)).toMatchObject({ allowed: false, retryAfterSeconds: 3600 })
    })

    test('what a replica does not spend is there for the others after a while', async () => {
      const [first, second] = both({ anonymousPulls: { count: 1000, windowSeconds: 3600 } })
      // So many at once that it holds more than it spends.
      for (let round = 0; round < 6; round += 1) {
        await allowed(Array.from({ length: 10 }, () => first.pull(SOMEBODY)))
        now += 100
      }
      now += 6000
      // Any other request lets it look.
      await first.pull({ ...SOMEBODY, address: '192.0.2.99' })
      await first.close()
      expect(await allowed(Array.from({ length: 1200 }, () => second.pull(SOMEBODY)))).toBe(940)
    })

    test('what was not spent in one window is not there in the next', async () => {
      const [first] = both({ anonymousPulls: { count: 1000, windowSeconds: 60 } })
      await first.pull(SOMEBODY)
      now += 59_000
      for (let round = 0; round < 9; round += 1) {
        await allowed(Array.from({ length: 10 }, () => first.pull(SOMEBODY)))
        now += 100
      }
      now += 100
      expect(await allowed(Array.from({ length: 1500 }, () => first.pull(SOMEBODY)))).toBe(1000)
    })

    test('tokens that come back after their window are not given out again', async () => {
      const take = (tokens: number) => one.rateWindows.take([{ bucket: 'x', tokens, limit: 10, windowMs: 60_000 }], now)
      const [old] = await take(8)
      now += 60_000
      expect(await take(10)).toMatchObject([{ tokens: 10 }])
      await two.rateWindows.giveBack([{ bucket: 'x', startedAt: old?.startedAt ?? 0, tokens: 8 }])
      expect(await take(10)).toMatchObject([{ tokens: 0, granted: 10 }])
    })

    test('an identity, an address, a project and the anonymous are counted apart, and each can refuse', async () => {
      const [first] = both({
        anonymousPulls: { count: 2, windowSeconds: 60 },
        identityPulls: { count: 4, windowSeconds: 60 },
        addressPulls: { count: 7, windowSeconds: 60 },
        projectPulls: { count: 9, windowSeconds: 60 },
      })
      const pull = async (identity: string | undefined, address: string, project?: Asker['project']) => {
        const verdict = await first.pull({ identity, address, project })
        return verdict?.allowed ? 'yes' : verdict?.which
      }
      const team = { name: 'team' }
      expect([await pull(undefined, '10.0.0.1'), await pull(undefined, '10.0.0.1')]).toEqual(['yes', 'yes'])
      expect(await pull(undefined, '10.0.0.1')).toBe('anonymousPulls')
      for (let index = 0; index < 4; index += 1) expect(await pull('ann', '10.0.0.1', team)).toBe('yes')
      expect(await pull('ann', '10.0.0.1', team)).toBe('identityPulls')
      expect(await pull('ben', '10.0.0.1', team)).toBe('yes')
      expect(await pull('ben', '10.0.0.1', team)).toBe('addressPulls')
      for (let index = 0; index < 3; index += 1) expect(await pull('ben', '10.0.0.2', team)).toBe('yes')
      expect(await pull('cid', '10.0.0.3', team)).toBe('yes')
      expect(await pull('cid', '10.0.0.3', { name: 'small', pulls: { count: 1, windowSeconds: 60 } })).toBe('yes')
      expect(await pull('cid', '10.0.0.3', { name: 'small', pulls: { count: 1, windowSeconds: 60 } })).toBe(
        'projectPulls',
      )
      expect(await pull('cid', '10.0.0.3')).toBe('yes')
    })

    test('a refusal spends nothing of the other limits', async () => {
      const [first] = both({
        addressPulls: { count: 100, windowSeconds: 60 },
        projectPulls: { count: 1, windowSeconds: 60 },
      })
      const asker = { ...SOMEBODY, project: { name: 'team' } }
      for (let index = 0; index < 50; index += 1) await first.pull(asker)
      const [address] = await first.limitsOf(asker)
      expect(address).toMatchObject({ which: 'addressPulls', remaining: 99 })
    })

    test('IPv6 is counted by its first 64 bits', async () => {
      const [first] = both({ anonymousPulls: { count: 2, windowSeconds: 60 } })
      const from = async (address: string) => (await first.pull({ identity: undefined, address }))?.allowed
      expect([await from('2001:db8::1'), await from('2001:db8::ffff:1'), await from('2001:db8::2')]).toEqual([
        true,
        true,
        false,
      ])
      expect([await from('2001:db8:0:1::1'), await from('::ffff:192.0.2.1')]).toEqual([true, true])
    })

    test('pushes are counted apart from pulls; without limits nothing is counted', async () => {
      const [first] = both({ pushes: { count: 1, windowSeconds: 60 } })
      expect(first.pull(SOMEBODY)).toBeUndefined()
      expect(await first.peek(SOMEBODY)).toBeUndefined()
      expect((await first.push(SOMEBODY))?.allowed).toBe(true)
      expect((await first.push(SOMEBODY))?.which).toBe('pushes')
      expect((await first.push({ ...SOMEBODY, identity: '192.0.2.1' }))?.allowed).toBe(true)
    })

    test('looking is free', async () => {
      const [first, second] = both({ anonymousPulls: { count: 2, windowSeconds: 60 } })
      for (let index = 0; index < 5; index += 1)
        expect(await first.peek(SOMEBODY)).toMatchObject({ allowed: true, remaining: 2 })
      await first.pull(SOMEBODY)
      await first.pull(SOMEBODY)
      expect(await second.peek(SOMEBODY)).toMatchObject({ allowed: false, remaining: 0, retryAfterSeconds: 60 })
    })

    test('whatever happens in whatever order, a window never gives more than the limit, and one replica gives all of it', async () => {
      const step = fc.record({
        kind: fc.constantFrom('pull', 'pull', 'pull', 'wait', 'close'),
        at: fc.nat(1),
        times: fc.integer({ min: 1, max: 9 }),
        ms: fc.constantFrom(10, 900, 6000, 30_000),
      })
      let run = 0
      /** What is given in one window, counted as simply as can be. */
      const countingWindow = (count: number) => {
        let endsAt = 0
        let given = 0
        return (more: () => Promise<number>) => async () => {
          if (now >= endsAt) [endsAt, given] = [now + 60_000, 0]
          given += await more()
          expect(given).toBeLessThanOrEqual(count)
          return given
        }
      }
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 25 }), async (count, steps) => {
          run += 1
          const replicas = both({ anonymousPulls: { count, windowSeconds: 60 } })
          const asker = { identity: undefined, address: `10.1.${run >> 8}.${run & 255}` }
          const counting = countingWindow(count)
          const pulls = (at: number, times: number) =>
            counting(() => allowed(Array.from({ length: times }, () => (replicas[at] ?? replicas[0]).pull(asker))))
          for (const { kind, at, times, ms } of steps) {
            if (kind === 'pull') await pulls(at, times)()
            else if (kind === 'wait') now += ms
            else await replicas[at]?.close()
          }
          for (const limits of replicas) await limits.close()
          expect(await pulls(0, 60)()).toBe(count)
        }),
        { numRuns: 25 },
      )
    }, 300_000)

    test('a busy bucket costs few writes, a quiet one is counted to the token', async () => {
      let writes = 0
      const take: Metadata['rateWindows']['take'] = (requests, at) => {
        writes += 1
        return one.rateWindows.take(requests, at)
      }
      // Whoever pulls does not wait until what lay idle is given back.
      let givenBack: Promise<void> | undefined
      const giveBack: Metadata['rateWindows']['giveBack'] = unspent => {
        givenBack = one.rateWindows.giveBack(unspent)
        return givenBack
      }
      const limits = createLimits({
        windows: { ...one.rateWindows, take, giveBack },
        limits: { addressPulls: { count: 100_000, windowSeconds: 3600 } },
        clock,
        fault,
      })
      for (let index = 0; index < 5000; index += 1) {
        expect((await limits.pull(SOMEBODY))?.remaining).toBe(99_999 - index)
        now += 2
      }
      expect(writes).toBeLessThan(50)
      now += 5000
      await limits.pull(SOMEBODY)
      await givenBack
      writes = 0
      for (let index = 0; index < 10; index += 1) {
        now += 10_000
        await limits.pull(SOMEBODY)
      }
      expect(writes).toBe(10)
      expect(await limits.limitsOf(SOMEBODY)).toMatchObject([{ remaining: 100_000 - 5011 }])
    })

    test('when the store cannot be reached pulls go on, uncounted and told of', async () => {
      const faults: unknown[] = []
      const metadata = createMetadata(await opened.another())
      await metadata.close()
      const windows = { ...metadata.rateWindows, take: () => Promise.reject(new Unavailable('gone')) }
      const limits = createLimits({
        windows,
        limits: { anonymousPulls: { count: 1, windowSeconds: 60 } },
        clock,
        fault: error => faults.push(error),
      })
      expect([await limits.pull(SOMEBODY), await limits.pull(SOMEBODY)]).toEqual([undefined, undefined])
      expect(faults.map(String)).toEqual(['Unavailable: gone', 'Unavailable: gone'])
    })

    test('what is over is removed, what is not stays', async () => {
      const [first] = both({ anonymousPulls: { count: 5, windowSeconds: 3600 } })
      const throttle = createSignInThrottle(one.signInRecords, RULES, clock)
      for (let index = 0; index < 30; index += 1) await first.pull({ identity: undefined, address: `10.0.0.${index}` })
      await throttle.before('ann', '192.0.2.1')
      await throttle.failed('ann', '192.0.2.1')
      const stores = { windows: two.rateWindows, signIns: two.signInRecords }
      expect(await removeExpiredLimits(stores, clock)).toBe(0)
      now += HOUR_MS
      await first.pull(SOMEBODY)
      expect(await removeExpiredLimits(stores, clock)).toBe(30)
      now += RULES.forgetSeconds * 1000
      expect(await removeExpiredLimits(stores, clock)).toBe(4)
      expect(await opened.engine.db.selectFrom('rate_windows').selectAll().execute()).toEqual([])
    })

    test('more rows than one go removes are removed', async () => {
      await opened.engine.write(async queries => {
        for (let begin = 0; begin < 2500; begin += 500) {
          const rows = Array.from({ length: 500 }, (_, index) => ({
            bucket: `b${begin + index}`,
            started_at: 1,
            ends_at: 2 + (index % 7),
            granted: 1,
          }))
          await queries.insertInto('rate_windows').values(rows).execute()
        }
      })
      expect(await removeExpiredLimits({ windows: one.rateWindows, signIns: one.signInRecords }, clock)).toBe(2500)
    })
  })
}
