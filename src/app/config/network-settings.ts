import { z } from 'zod'
import { NETWORK_OPERATIONS, type NetworkOperation } from '../../features/network/index.ts'
import { listOf, ranges } from './setting-kinds.ts'

const rule = z.strictObject({ allow: ranges.default([]), deny: ranges.default([]) }).prefault({})

/** The section `network`: from where what may be done, in the whole registry. */
export const networkSettings = z.strictObject({ pull: rule, push: rule, administration: rule }).prefault({})

/** The setting `serves` of a listener; absent: everything. */
export const servesSetting = listOf(
  z.enum(NETWORK_OPERATIONS as [NetworkOperation, ...NetworkOperation[]], {
    error: 'expected pull, push or administration',
  }),
).optional()
