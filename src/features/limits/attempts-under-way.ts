import type { Clock } from '../../platform/clock/index.ts'

/** Whoever began and never says how it ended is not waited for longer. */
const GIVEN_UP_MS = 60_000
const PATIENCE_MS = 10_000

/** Attempts of this replica whose outcome is not known yet, by what they have in common. */
export class AttemptsUnderWay {
  readonly #begun = new Map<string, number[]>()
  readonly #waiting = new Map<string, (() => void)[]>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  count(subject: string): number {
    const since = this.#clock() - GIVEN_UP_MS
    const begun = (this.#begun.get(subject) ?? []).filter(at => at > since)
    if (begun.length === 0) this.#begun.delete(subject)
    else this.#begun.set(subject, begun)
    return begun.length
  }

  /** Gives how many were under way already, by subject. */
  begin(subjects: readonly string[]): ReadonlyMap<string, number> {
    const ahead = new Map(subjects.map(subject => [subject, this.count(subject)]))
    for (const subject of subjects) this.#begun.set(subject, [...(this.#begun.get(subject) ?? []), this.#clock()])
    return ahead
  }

  end(subjects: readonly string[]): void {
    this.withdraw(subjects)
    for (const subject of subjects) this.#waiting.get(subject)?.shift()?.()
  }

  /** Ends what never began in earnest, so that it is nobody's turn. */
  withdraw(subjects: readonly string[]): void {
    for (const subject of subjects) {
      const [, ...others] = this.#begun.get(subject) ?? []
      if (others.length === 0) this.#begun.delete(subject)
      else this.#begun.set(subject, others)
    }
  }

  /** Resolves when it is this one's turn to look again; false when that took too long. */
  async oneEnded(subject: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const wake = () => resolve(true)
    const waiting = this.#waiting.get(subject) ?? []
    waiting.push(wake)
    this.#waiting.set(subject, waiting)
    const timer = setTimeout(() => resolve(false), PATIENCE_MS)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      const left = (this.#waiting.get(subject) ?? []).filter(other => other !== wake)
      if (left.length === 0) this.#waiting.delete(subject)
      else this.#waiting.set(subject, left)
    }
  }
}
