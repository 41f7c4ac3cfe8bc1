/**
 * A change was made or was not, and nobody can tell: the disk or the connection failed while it was being confirmed.
 * Whoever catches it must leave alone what the change may have come to depend on.
 */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown'
}

/** A part that Berth stands on cannot be reached or has no room for one more now; nothing was changed. Try again. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

/** Another request goes on with what this one was thought dead over; what this one did since counts for nothing. */
export class TakenOver extends Error {
  override readonly name = 'TakenOver'
}

/** The registry takes no changes, because it is being moved elsewhere or was; the message says so to whoever pushes. */
export class Moved extends Error {
  override readonly name = 'Moved'
}

/** Thrown by the work of a transaction: nothing of it counts, and it is to run once more, with what it knows now. */
export class RunAgain extends Error {
  override readonly name = 'RunAgain'
}

/** What somebody wanted to add is more than a project, or the registry, may use; nothing was changed. */
export class OverQuota extends Error {
  override readonly name = 'OverQuota'
  readonly excess: QuotaExcess

  constructor(excess: QuotaExcess) {
    const { scope, kind, used, limit, wanted } = excess
    const whose = scope === 'registry' ? 'The registry' : `Project ${scope.project}`
    super(`${whose} uses ${used} of ${limit} ${kind} and ${wanted} more do not fit.`)
    this.excess = excess
  }
}

export interface QuotaExcess {
  readonly scope: 'registry' | { readonly project: string }
  readonly kind: 'bytes' | 'repositories' | 'tags' | 'manifests'
  /** Before the change. */
  readonly used: number
  readonly limit: number
  readonly wanted: number
}

/** What is asked of a part that may be there and say nothing. @throws Unavailable with `complaint` when the time is up. */
export async function within<Result>(limitMs: number, complaint: string, asking: PromiseLike<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Unavailable(complaint)), limitMs)
  try {
    return await Promise.race([asking, promise])
  } finally {
    clearTimeout(timer)
  }
}
