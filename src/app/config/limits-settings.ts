import { z } from 'zod'
import type { RateLimits } from '../../features/limits/index.ts'
import { wholeNumber } from './setting-kinds.ts'

const YEAR_SECONDS = 366 * 24 * 3600

/** A limit; `off` and a count of 0 mean none. */
const rate = (windowSeconds: number, count = 0) =>
  z.preprocess(
    value => (value === 'off' ? { count: 0 } : value),
    z
      .strictObject({
        count: wholeNumber(0, 1_000_000_000).default(count),
        windowSeconds: wholeNumber(1, YEAR_SECONDS).default(windowSeconds),
      })
      .prefault({}),
  )

const SIX_HOURS = 6 * 3600

/**
 * The section `rates`. Off unless given, but for sign-ins: Docker Hub's 100 anonymous pulls in 6 hours are for the whole
 * world; a registry of one's own has few addresses, and behind each many machines.
 */
export const rateSettings = z
  .strictObject({
    anonymousPulls: rate(SIX_HOURS),
    identityPulls: rate(SIX_HOURS),
    addressPulls: rate(SIX_HOURS),
    projectPulls: rate(SIX_HOURS),
    pushes: rate(3600),
    /** An office behind one address signs on at nine; whoever tries codes does so for longer. */
    signOns: rate(60, 120),
    signInFailures: z
      .strictObject({
        slowAfter: wholeNumber(1, 1_000_000).default(3),
        lockAfter: wholeNumber(1, 1_000_000).default(10),
        lockSeconds: wholeNumber(1, YEAR_SECONDS).default(900),
        addressAfter: wholeNumber(1, 1_000_000).default(50),
        accountAfter: wholeNumber(1, 1_000_000).default(20),
        forgetSeconds: wholeNumber(1, YEAR_SECONDS).default(24 * 3600),
      })
      .prefault({}),
  })
  .prefault({})

/** The limits that are on. */
export function rateLimitsOf({ signInFailures: _, signOns: __, ...rates }: z.output<typeof rateSettings>): RateLimits {
  return Object.fromEntries(Object.entries(rates).filter(([, { count }]) => count > 0))
}
