import { parseProjectName } from '../../../features/identity/index.ts'
import {
  changeQuota,
  checkUsage,
  readUsageHistory,
  repairUsage,
  showUsage,
  type UsageDifference,
  type UsageSample,
} from '../../../features/quotas/index.ts'
import type { AdminRoutes, QueryOf } from '../../api/index.ts'
import { type Handlers, paged } from '../handler.ts'
import { instant } from '../views.ts'
import { parseId } from './parse-id.ts'

type Operations =
  | 'getProjectQuota'
  | 'changeProjectQuota'
  | 'readProjectUsage'
  | 'getQuota'
  | 'changeQuota'
  | 'readUsage'
  | 'checkUsage'
  | 'repairUsage'

export const QUOTAS: Handlers<Operations> = {
  getProjectQuota: ({ quotas, permit }) => showUsage(quotas, permit),
  changeProjectQuota: ({ quotas, permit, params, body }) =>
    changeQuota(quotas, permit, { scope: { project: parseProjectName(params.project) }, change: body }),
  async readProjectUsage({ quotas, permit, query }) {
    return samples(await readUsageHistory(quotas, permit, periodOf(query)), query.limit)
  },
  getQuota: ({ quotas, permit }) => showUsage(quotas, permit),
  changeQuota: ({ quotas, permit, body }) => changeQuota(quotas, permit, { scope: 'registry', change: body }),
  async readUsage({ quotas, permit, query }) {
    return samples(await readUsageHistory(quotas, permit, periodOf(query)), query.limit)
  },
  async checkUsage({ quotas, permit }) {
    return { items: (await checkUsage(quotas, permit)).map(differenceView) }
  },
  async repairUsage({ quotas, permit }) {
    return { items: (await repairUsage(quotas, permit)).map(differenceView) }
  },
}

/** `after` is the moment of the last row that was shown. */
function periodOf({ from, until, after, limit }: QueryOf<AdminRoutes['readUsage']>) {
  const begin = after === undefined ? 0 : parseId(after, 'after') + 1
  return {
    from: Math.max(begin, from === undefined ? 0 : Date.parse(from)),
    until: until === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(until),
    limit,
  }
}

function samples(rows: readonly UsageSample[], limit: number) {
  return paged(
    rows,
    limit,
    ({ at, ...used }) => ({ at: instant(at), ...used }),
    ({ at }) => String(at),
  )
}

function differenceView({ scope, kind, counted, actual }: UsageDifference) {
  return { ...(scope === 'registry' ? {} : { project: scope.project }), kind, counted, actual }
}
