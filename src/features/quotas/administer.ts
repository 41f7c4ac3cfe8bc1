import type {
  AuditDetail,
  QuotaChange,
  QuotaSet,
  Usage,
  UsageDifference,
  UsageKind,
  UsageSample,
  UsageScope,
} from '../../stores/metadata/index.ts'
import { type Action, done, invalid, notFound, type Permit, projectOf } from '../access/index.ts'
import type { Quotas } from './quotas.ts'

/** @throws NOT_FOUND. */
export async function showUsage({ usage }: Quotas, permit: Permit<'see project' | 'see registry'>): Promise<Usage> {
  const scope = scopeOf(permit)
  return (await usage.quotas.find(scope)) ?? unknown(scope)
}

/**
 * Sets limits, or takes them away with null; what is not named stays. A limit below what is used refuses whatever adds
 * to it. Quotas are set by those who manage the registry: whoever has a quota does not raise it.
 * @throws INVALID, NOT_FOUND.
 */
export async function changeQuota(
  { usage, clock }: Quotas,
  permit: Permit<'manage registry'>,
  { scope, change }: { readonly scope: UsageScope; readonly change: QuotaChange },
): Promise<Usage> {
  const found = (await usage.quotas.find(scope)) ?? unknown(scope)
  requireOrder(found.quotas, change)
  const at = clock()
  const resource = scope === 'registry' ? {} : { project: scope.project }
  const changed = await usage.quotas.change(scope, change, result => {
    const detail = result ? differenceOf(result.before, result.after) : {}
    if (Object.keys(detail).length === 0) return []
    const entry = done(permit, { type: 'quota.change', at, kind: 'quota', detail })
    return [{ ...entry, resource: { ...entry.resource, ...resource } }]
  })
  if (!changed) return unknown(scope)
  return { used: found.used, quotas: changed.after }
}

/** Oldest first; an hour apart at least, and only where something had changed. */
export function readUsageHistory(
  { usage }: Quotas,
  permit: Permit<'see project' | 'see registry'>,
  page: { readonly from: number; readonly until: number; readonly limit: number },
): Promise<readonly UsageSample[]> {
  return usage.history.read(scopeOf(permit), page)
}

/** Counts everything anew and compares; empty when every figure is right. */
export function checkUsage(
  { usage }: Quotas,
  _permit: Permit<'see registry' | 'manage registry'>,
): Promise<readonly UsageDifference[]> {
  return usage.check.differences()
}

/** Puts every figure right that is not; each in a transaction of its own. Gives what was wrong. */
export async function repairUsage(
  { usage, clock }: Quotas,
  permit: Permit<'manage registry'>,
): Promise<readonly UsageDifference[]> {
  const repaired: UsageDifference[] = []
  const scopes = new Map((await usage.check.differences()).map(({ scope }) => [nameOf(scope), scope]))
  for (const scope of scopes.values()) {
    const at = clock()
    const found = await usage.check.repair(scope, at, differences => {
      if (differences.length === 0) return []
      const figures = differences.flatMap(({ kind, counted, actual }) => [
        [`${kind}.before`, counted],
        [`${kind}.after`, actual],
      ])
      const entry = done(permit, { type: 'usage.repair', at, kind: 'usage', detail: Object.fromEntries(figures) })
      return [{ ...entry, resource: { ...entry.resource, ...(scope === 'registry' ? {} : scope) } }]
    })
    repaired.push(...found)
  }
  return repaired
}

function scopeOf({ resource }: Permit<Action>): UsageScope {
  return resource === 'registry' ? 'registry' : { project: projectOf(resource) }
}

function nameOf(scope: UsageScope): string {
  return scope === 'registry' ? '' : scope.project
}

function unknown(scope: UsageScope): never {
  throw notFound(`project ${nameOf(scope)}`)
}

function requireOrder(before: QuotaSet, change: QuotaChange): void {
  const faults = Object.entries(change).flatMap(([name, limits]) => {
    const kind = name as UsageKind
    const { hard = before[kind]?.hard ?? null, soft = before[kind]?.soft ?? null } = limits
    if (hard === null || soft === null || soft <= hard) return []
    return [
      { field: `${kind}.soft`, message: `${soft} is above the hard limit ${hard}, so that nobody would be warned` },
    ]
  })
  if (faults.length > 0) throw invalid(...faults)
}

function differenceOf(before: QuotaSet, after: QuotaSet): AuditDetail {
  const detail: Record<string, number | null> = {}
  for (const kind of ['bytes', 'repositories', 'tags', 'manifests'] as const)
    for (const limit of ['hard', 'soft'] as const) {
      const [was, is] = [before[kind]?.[limit] ?? null, after[kind]?.[limit] ?? null]
      if (was === is) continue
      detail[`${kind}.${limit}.before`] = was
      detail[`${kind}.${limit}.after`] = is
    }
  return detail
}
