const BEATS = 4
/** Of a lease that is not renewed: the rest is for the run to come to an end before another begins. */
const GIVE_UP_AT = 0.6

export interface Heartbeat {
  /** Aborted when the lease is another's, or soon may be. */
  readonly lost: AbortSignal
  stop(): Promise<void>
}

/**
 * Renews a lease for as long as a run takes.
 * @param renew tells whether it was still ours.
 */
export function startHeartbeat(renew: () => Promise<boolean>, leaseMs: number): Heartbeat {
  const lost = new AbortController()
  // The moment a renewal was asked for, not when it was confirmed: the lease counts from no earlier.
  let renewedAt = performance.now()
  let beating: Promise<void> | undefined
  let fault: unknown
  const beat = async () => {
    const askedAt = performance.now()
    try {
      if (await renew()) renewedAt = askedAt
      else lost.abort(new Error('The lease was lost: another process runs this job now.'))
    } catch (error) {
      fault = error
    }
    beating = undefined
  }
  const timer = setInterval(() => {
    // Here and not behind `renew`, which may hang.
    if (performance.now() - renewedAt > leaseMs * GIVE_UP_AT)
      lost.abort(new Error('The lease could not be renewed.', { cause: fault }))
    beating ??= beat()
  }, leaseMs / BEATS)
  return {
    lost: lost.signal,
    async stop() {
      clearInterval(timer)
      await beating
    },
  }
}
