import type { DistributionOptions } from '../../entry/distribution/index.ts'
import { type Permit, projectOfPermit } from '../../features/access/index.ts'
import { countedAs } from '../../features/identity/index.ts'
import {
  type Asker,
  type Limits,
  type LimitVerdict,
  limitHeaders,
  tooManyRequests,
} from '../../features/limits/index.ts'
import type { Clock } from '../../platform/clock/index.ts'

/** Nothing is limited, and nothing is asked. */
export const NO_LIMITS: DistributionOptions['limits'] = {
  pull: async () => undefined,
  push: async () => undefined,
  peek: async () => undefined,
}

export function manifestLimits(limits: Limits, clock: Clock): DistributionOptions['limits'] {
  const answer = (verdict: LimitVerdict | undefined) => {
    if (verdict === undefined) return undefined
    if (!verdict.allowed) throw tooManyRequests(verdict, clock())
    return limitHeaders(verdict)
  }
  return {
    pull: async permit => answer(await limits.pull(askerOf(permit))),
    push: async permit => answer(await limits.push(askerOf(permit))),
    async peek(permit) {
      const verdict = await limits.peek(askerOf(permit))
      return verdict && limitHeaders(verdict)
    },
  }
}

function askerOf(permit: Permit<'pull' | 'push' | 'stat'>): Asker {
  const { principal, origin } = permit
  return {
    identity: countedAs(principal),
    address: origin.address,
    project: { name: projectOfPermit(permit) },
  }
}
