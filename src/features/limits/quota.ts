import type { Clock } from '../../platform/clock/index.ts'

/** So many in a window, counted by this process alone: cheap, and enough against a flood. */
export interface Quota {
  /** Counts one. Undefined when it is within the limit, else in how many seconds the window ends. */
  spend(subject: string): number | undefined
}

/** A count of 0: no limit. The window is the same for everybody, so that all counts are forgotten at once. */
export function createQuota(
  { count, windowSeconds }: { readonly count: number; readonly windowSeconds: number },
  clock: Clock,
): Quota {
  let endsAt = 0
  let spent = new Map<string, number>()
  return {
    spend(subject) {
      if (count === 0) return undefined
      const now = clock()
      if (now >= endsAt) {
        endsAt = now + windowSeconds * 1000
        spent = new Map()
      }
      const before = spent.get(subject) ?? 0
      if (before >= count) return Math.max(1, Math.ceil((endsAt - now) / 1000))
      spent.set(subject, before + 1)
      return undefined
    },
  }
}
