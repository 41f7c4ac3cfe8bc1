import type { Clock } from '../../platform/clock/index.ts'
import { OutcomeUnknown, Unavailable } from '../../platform/outcome/index.ts'
import type { RateWindows } from '../../stores/metadata/index.ts'
import { type ApplicableLimit, pullLimitsOf, pushLimitsOf } from './applicable-limits.ts'
import type { Asker, LimitState, LimitVerdict, RateLimits } from './rate-limits.ts'
import { TokenPurses } from './token-purse.ts'

/** Counts requests against the limits that all replicas share. */
export interface Limits {
  /**
   * Counts one pull: the GET of a manifest. Undefined when nothing limits it, or when the store cannot be reached: a
   * limit is for fairness, and whoever cannot count serves. At once when this replica knows the answer.
   */
  pull(asker: Asker): LimitVerdict | undefined | Promise<LimitVerdict | undefined>
  /** Counts one push: the PUT of a manifest; likewise. */
  push(asker: Asker): LimitVerdict | undefined | Promise<LimitVerdict | undefined>
  /** What a pull would be told, without counting: the HEAD of a manifest is free and has the headers. */
  peek(asker: Asker): Promise<LimitVerdict | undefined>
  /** Every limit that counts this asker, as the store has it now. @throws Unavailable. */
  limitsOf(asker: Asker): Promise<readonly LimitState[]>
  /** Gives back what this replica holds; it may be gone on with. */
  close(): Promise<void>
}

export interface LimitsOptions {
  readonly windows: RateWindows
  readonly limits: RateLimits
  readonly clock: Clock
  /** Told when the store could not be reached, so that something was not counted. */
  readonly fault: (error: unknown) => void
}

export function createLimits({ windows, limits, clock, fault }: LimitsOptions): Limits {
  const purses = new TokenPurses(windows, clock)
  const count = (applicable: readonly ApplicableLimit[]) => {
    if (applicable.length === 0) return undefined
    // Neither waited for nor able to fail a request.
    if (purses.isSweepDue()) purses.sweep().catch(fault)
    const { missing, empty } = purses.spend(applicable)
    if (!missing) return verdictOf(applicable, undefined)
    if (empty) return verdictOf(applicable, missing)
    return refill(applicable)
  }
  const refill = async (applicable: readonly ApplicableLimit[]): Promise<LimitVerdict | undefined> => {
    for (;;) {
      try {
        await purses.fill(applicable)
      } catch (error) {
        if (!(error instanceof Unavailable || error instanceof OutcomeUnknown)) throw error
        fault(error)
        return undefined
      }
      const { missing, empty } = purses.spend(applicable)
      if (!missing) return verdictOf(applicable, undefined)
      if (empty) return verdictOf(applicable, missing)
    }
  }
  const stateOf = ({ which, source, bucket, limit: { count, windowSeconds } }: ApplicableLimit): LimitState => {
    const purse = purses.current(bucket)
    return {
      which,
      source,
      limit: count,
      windowSeconds,
      remaining: purse ? Math.min(count, Math.max(0, count - purse.granted) + purse.tokens) : count,
      resetsAfterSeconds: purse ? secondsUntil(purse.endsAt, clock) : 0,
    }
  }
  const verdictOf = (applicable: readonly ApplicableLimit[], met: ApplicableLimit | undefined): LimitVerdict => {
    if (!met) return { ...nearest(applicable.map(stateOf)), allowed: true, retryAfterSeconds: 0 }
    const state = stateOf(met)
    return { ...state, remaining: 0, allowed: false, retryAfterSeconds: Math.max(1, state.resetsAfterSeconds) }
  }
  const storedStates = async (applicable: readonly ApplicableLimit[]): Promise<readonly LimitState[]> => {
    const found = await windows.find(applicable.map(({ bucket }) => bucket))
    const now = clock()
    return applicable.map(({ which, source, bucket, limit: { count, windowSeconds } }) => {
      const window = found.get(bucket)
      const begun = window && window.endsAt > now ? window : undefined
      const own = purses.current(bucket)
      const unspent = begun && own?.startedAt === begun.startedAt ? own.tokens : 0
      return {
        which,
        source,
        limit: count,
        windowSeconds,
        remaining: Math.min(count, Math.max(0, count - (begun?.granted ?? 0)) + unspent),
        resetsAfterSeconds: begun ? secondsUntil(begun.endsAt, clock) : 0,
      }
    })
  }
  return {
    pull: asker => count(pullLimitsOf(limits, asker)),
    push: asker => count(pushLimitsOf(limits, asker)),
    async peek(asker) {
      const applicable = pullLimitsOf(limits, asker)
      if (applicable.length === 0) return undefined
      const known = applicable.every(({ bucket }) => purses.current(bucket))
      const state = nearest(known ? applicable.map(stateOf) : await storedStates(applicable))
      const allowed = state.remaining > 0
      return { ...state, allowed, retryAfterSeconds: allowed ? 0 : Math.max(1, state.resetsAfterSeconds) }
    },
    limitsOf: asker => storedStates([...pullLimitsOf(limits, asker), ...pushLimitsOf(limits, asker)]),
    close: () => purses.empty(),
  }
}

/** The one of which the smallest part is left. */
function nearest(states: readonly LimitState[]): LimitState {
  const [first, ...others] = states as [LimitState, ...LimitState[]]
  return others.reduce((least, state) => (share(state) < share(least) ? state : least), first)
}

function share({ remaining, limit }: LimitState): number {
  return limit === 0 ? 0 : remaining / limit
}

function secondsUntil(time: number, clock: Clock): number {
  return Math.max(0, Math.ceil((time - clock()) / 1000))
}
