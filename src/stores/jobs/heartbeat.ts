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
  let fault: unknown
  let beating: Promise<void> | undefined
  // A timer of its own, because `renew` may hang.
  const giveUpIn = (ms: number) =>
    setTimeout(() => lost.abort(new Error('The lease could not be renewed.', { cause: fault })), ms)
  let givingUp = giveUpIn(leaseMs * GIVE_UP_AT)
  let stopped = false
  const beat = async () => {
    const askedAt = performance.now()
    try {
      if (!(await renew())) lost.abort(new Error('The lease was lost: another process runs this job now.'))
      else if (!stopped) {
        clearTimeout(givingUp)
        // The lease counts from no earlier than when it was asked for, and perhaps from no later.
        givingUp = giveUpIn(leaseMs * GIVE_UP_AT - (performance.now() - askedAt))
      }
    } catch (error) {
      fault = error
    }
    beating = undefined
  }
  const timer = setInterval(() => {
    beating ??= beat()
  }, leaseMs / BEATS)
  return {
    lost: lost.signal,
    async stop() {
      stopped = true
      clearInterval(timer)
      clearTimeout(givingUp)
      await beating
    },
  }
}
