import type { Clock } from '../../platform/clock/index.ts'
import type { RateWindows, TokenGrant, UnspentTokens } from '../../stores/metadata/index.ts'
import type { ApplicableLimit } from './applicable-limits.ts'

/** What this replica holds of one bucket. */
export interface Purse {
  startedAt: number
  endsAt: number
  /** Handed out to all replicas, as far as is known here. */
  granted: number
  /** Held here and not spent. */
  tokens: number
  /** Until then it is not asked again: others may give back what they did not spend. */
  emptyUntil: number
  takenAt: number
  takenTokens: number
  usedAt: number
  waiting: number
}

/** At least once in this time a bucket that is empty is asked again, and one that is used often is taken from by more. */
const ASK_AGAIN_MS = 1000
/** What is not spent for so long goes back, so that other replicas can. */
const IDLE_MS = 5000
const MOST_TOKENS = 256
/** Of what is left, one replica takes this part at most. */
const SHARE = 8
const MOST_PURSES = 50_000
const MOST_IN_ONE_TAKE = 200

/**
 * Tokens that this replica took from the store and may spend without asking. One is taken while a bucket is used
 * rarely; who comes back within a second takes twice as many as before, up to an eighth of what is left: a hundred
 * requests a second cost a write or two a second, and never more than the limit is handed out.
 */
export class TokenPurses {
  readonly #purses = new Map<string, Purse>()
  readonly #windows: RateWindows
  readonly #clock: Clock
  #wanted = new Map<string, ApplicableLimit>()
  #taking: Promise<void> | undefined
  #sweptAt = 0

  constructor(windows: RateWindows, clock: Clock) {
    this.#windows = windows
    this.#clock = clock
  }

  /** The purse if its window goes on. */
  current(bucket: string): Purse | undefined {
    const purse = this.#purses.get(bucket)
    return purse && purse.endsAt > this.#clock() ? purse : undefined
  }

  /** Spends one token of each, or none; gives the first that has none. Nobody else comes between. */
  spend(limits: readonly ApplicableLimit[]): {
    readonly missing: ApplicableLimit | undefined
    readonly empty: boolean
  } {
    const now = this.#clock()
    const purses = limits.map(({ bucket }) => this.current(bucket))
    const isEmpty = (purse: Purse | undefined) => purse !== undefined && purse.tokens < 1 && purse.emptyUntil > now
    const empty = limits[purses.findIndex(isEmpty)]
    if (empty) return { missing: empty, empty: true }
    const missing = limits[purses.findIndex(purse => !purse || purse.tokens < 1)]
    if (missing) return { missing, empty: false }
    for (const purse of purses as Purse[]) {
      purse.tokens -= 1
      purse.usedAt = now
    }
    return { missing: undefined, empty: false }
  }

  /** Takes from the store what is missing, for all who wait in one transaction. @throws what the store throws. */
  async fill(limits: readonly ApplicableLimit[]): Promise<void> {
    const lacking = limits.filter(({ bucket }) => (this.current(bucket)?.tokens ?? 0) < 1)
    for (const limit of lacking) {
      this.#wanted.set(limit.bucket, limit)
      this.#purseOf(limit.bucket).waiting += 1
    }
    try {
      // What was asked for too late for the take that is under way goes with the next.
      if (this.#taking) await this.#taking.catch(() => undefined)
      while (lacking.some(({ bucket }) => this.#wanted.has(bucket))) {
        this.#taking ??= this.#take().finally(() => {
          this.#taking = undefined
        })
        await this.#taking
      }
    } finally {
      for (const { bucket } of lacking) this.#purseOf(bucket).waiting -= 1
    }
  }

  async #take(): Promise<void> {
    const limits = [...this.#wanted.values()].slice(0, MOST_IN_ONE_TAKE)
    for (const { bucket } of limits) this.#wanted.delete(bucket)
    const now = this.#clock()
    const requests = limits.map(({ bucket, limit: { count, windowSeconds } }) => {
      const purse = this.#purseOf(bucket)
      const known = purse.endsAt > now ? purse.granted : 0
      const often = now - purse.takenAt < ASK_AGAIN_MS ? purse.takenTokens * 2 : 1
      const share = Math.ceil(Math.max(0, count - known) / SHARE)
      const tokens = Math.max(purse.waiting, Math.min(often, share, MOST_TOKENS), 1)
      return { bucket, tokens, limit: count, windowMs: windowSeconds * 1000 }
    })
    const grants = await this.#windows.take(requests, now)
    grants.forEach((grant, index) => {
      const { bucket, tokens } = requests[index] as { bucket: string; tokens: number }
      this.#receive(bucket, grant, tokens, now)
    })
  }

  #receive(bucket: string, grant: TokenGrant, asked: number, now: number): void {
    const purse = this.#purseOf(bucket)
    purse.tokens = purse.startedAt === grant.startedAt ? purse.tokens + grant.tokens : grant.tokens
    purse.startedAt = grant.startedAt
    purse.endsAt = grant.endsAt
    purse.granted = grant.granted
    purse.emptyUntil = grant.tokens < asked ? now + ASK_AGAIN_MS : 0
    purse.takenAt = now
    purse.takenTokens = asked
  }

  #purseOf(bucket: string): Purse {
    let purse = this.#purses.get(bucket)
    if (!purse) {
      const now = this.#clock()
      purse = { ...NEW, usedAt: now }
      this.#purses.set(bucket, purse)
    }
    return purse
  }

  isSweepDue(): boolean {
    return this.#clock() - this.#sweptAt >= ASK_AGAIN_MS
  }

  /** Gives back what lies idle. @throws what the store throws; then it is lost to this window. */
  async sweep(): Promise<void> {
    const now = this.#clock()
    this.#sweptAt = now
    const surplus = this.#purses.size - MOST_PURSES
    await this.#giveBack((purse, position) => purse.usedAt + IDLE_MS <= now || position < surplus)
  }

  /** Gives everything back. */
  async empty(): Promise<void> {
    await this.#taking?.catch(() => undefined)
    await this.#giveBack(() => true)
  }

  /** @param isOver called in the order in which the purses came to be. */
  async #giveBack(isOver: (purse: Purse, position: number) => boolean): Promise<void> {
    const now = this.#clock()
    const unspent: UnspentTokens[] = []
    let position = 0
    for (const [bucket, purse] of this.#purses) {
      const over = isOver(purse, position)
      position += 1
      if (purse.waiting > 0 || !over) continue
      if (purse.tokens > 0 && purse.endsAt > now) {
        unspent.push({ bucket, startedAt: purse.startedAt, tokens: purse.tokens })
      }
      this.#purses.delete(bucket)
    }
    if (unspent.length > 0) await this.#windows.giveBack(unspent)
  }
}

const NEW: Purse = {
  startedAt: 0,
  endsAt: 0,
  granted: 0,
  tokens: 0,
  emptyUntil: 0,
  takenAt: Number.NEGATIVE_INFINITY,
  takenTokens: 0,
  usedAt: 0,
  waiting: 0,
}
