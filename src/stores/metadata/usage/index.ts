import type { Engine } from '../engine.ts'
import { createUsageCheck, type UsageCheck } from './check.ts'
import { createUsageHistory, type UsageHistory } from './history.ts'
import { createQuotas, type Quotas } from './quotas.ts'

export type { QuotaPassed, UsageKind, Used } from '../schema-usage.ts'
export type { UsageCheck, UsageDifference } from './check.ts'
export type { UsageHistory, UsageSample } from './history.ts'
export type {
  Passing as QuotaPassing,
  Quota,
  QuotaChange,
  QuotaChanged,
  QuotaKey,
  QuotaSet,
  Quotas,
  Usage,
} from './quotas.ts'
export type { Scope as UsageScope } from './scope.ts'
export type { Standing as QuotaStanding } from './standings.ts'

/** What is used, and what may be. */
export interface UsageTables {
  readonly quotas: Quotas
  readonly history: UsageHistory
  readonly check: UsageCheck
}

export function createUsageTables(engine: Engine): UsageTables {
  return {
    quotas: createQuotas(engine),
    history: createUsageHistory(engine),
    check: createUsageCheck(engine),
  }
}
