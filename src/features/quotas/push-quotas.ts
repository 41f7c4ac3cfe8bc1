import { Moved, OutcomeUnknown, type QuotaExcess, Unavailable } from '../../platform/outcome/index.ts'
import type { QuotaStanding } from '../../stores/metadata/index.ts'
import { repositoryOf } from '../access/index.ts'
import type { PushQuotas, Room } from '../content/index.ts'
import type { Quotas } from './quotas.ts'
import { recordOfPassing } from './recorded.ts'
import { isPassed, passedBy, warningOf } from './standing.ts'

/** Quotas as pushes meet them. */
export function pushQuotas({ usage: { quotas }, clock }: Quotas): PushQuotas {
  return {
    room: async permit => roomOf(await quotas.standings(repositoryOf(permit))),
    async roomNow(permit, digest) {
      const repository = repositoryOf(permit)
      const standings = await quotas.standingsNow(repository)
      const holder = digest && (await quotas.holderOf(repository, digest))
      if (holder === 'project') return undefined
      return roomOf(holder === 'registry' ? standings.filter(({ scope }) => scope !== 'registry') : standings)
    },
    async warnings(permit, standings) {
      for (const standing of standings) {
        if (passedBy(standing) === standing.passed) continue
        await atLeisure(() => quotas.pass(standing, passedBy, recordOfPassing(permit, clock())))
      }
      return standings.filter(isPassed).map(warningOf)
    },
    async refused(permit, excess) {
      await atLeisure(() => quotas.pass(excess, () => 'hard', recordOfPassing(permit, clock())))
    },
  }
}

/** The least that any limit leaves. */
function roomOf(standings: readonly QuotaStanding[]): Room | undefined {
  let least: Room | undefined
  for (const { scope, kind, used, hard } of standings) {
    if (kind !== 'bytes' || hard === undefined) continue
    const bytes = hard - used
    if (least && least.bytes <= bytes) continue
    least = { bytes, excess: (wanted): QuotaExcess => ({ scope, kind, used, limit: hard, wanted }) }
  }
  return least
}

/** The push is answered as it is; what cannot be written down now is found by the next one, or within the hour. */
async function atLeisure(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Unavailable || error instanceof OutcomeUnknown || error instanceof Moved)) throw error
  }
}
