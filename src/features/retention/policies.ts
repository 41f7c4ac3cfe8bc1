import type { AuditDetail, PolicyChanged, StoredPolicy } from '../../stores/metadata/index.ts'
import { conflict, done, invalid, notFound, type Permit, projectOfPermit } from '../access/index.ts'
import { policyFaults } from './check-policy.ts'
import type { RetentionPolicy } from './policy.ts'
import { policyDifference } from './policy-difference.ts'
import type { RetentionAdministration } from './retention.ts'
import { NEVER, nextTime } from './schedule.ts'

type Manage = Permit<'manage policy'>

export interface PolicyView extends Omit<StoredPolicy, 'document'> {
  readonly policy: RetentionPolicy
}

/** @throws NOT_FOUND. */
export async function findPolicy(
  { policies }: Pick<RetentionAdministration, 'policies'>,
  permit: Permit<'see project' | 'manage policy'>,
): Promise<PolicyView> {
  const project = projectOfPermit(permit)
  const stored = await policies.find(project)
  if (!stored) throw notFound(`retention policy of ${project}: nothing is deleted by itself`)
  const { document, nextRunAt, ...rest } = stored
  return { ...rest, policy: document as RetentionPolicy, nextRunAt: nextRunAt === NEVER ? undefined : nextRunAt }
}

/**
 * In place of the policy there is. Rules of which nobody has seen what they delete begin in dry run; only what is
 * enforced already can be sent so again, to change its schedule or its fuse. @throws INVALID, CONFLICT, NOT_FOUND.
 */
export async function setPolicy(
  retention: RetentionAdministration,
  permit: Manage,
  policy: RetentionPolicy,
): Promise<PolicyView> {
  requireGood(projectOfPermit(permit), policy, retention.clock())
  await changePolicy(retention, permit, before => {
    if (!policy.isDryRun && !(before && !before.isDryRun && decideAlike(before, policy)))
      return 'New rules begin in dry run: send isDryRun: true, look at the preview (berth retention preview), and enforce them then (berth retention enforce).'
    return policy
  })
  return findPolicy(retention, permit)
}

/** @throws NOT_FOUND. */
export async function removePolicy({ policies, clock }: RetentionAdministration, permit: Manage): Promise<void> {
  const project = projectOfPermit(permit)
  const entry = { type: 'retention-policy.delete', at: clock(), kind: 'retention policy', id: project }
  const removed = await policies.remove(project, isGone => (isGone ? [done(permit, entry)] : []))
  if (!removed) throw notFound(`retention policy of ${project}`)
}

/** @throws INVALID naming each path. */
export function requireGood(project: string, policy: RetentionPolicy, now: number): void {
  const faults = policyFaults(project, policy, now)
  if (faults.length > 0) throw invalid(...faults)
}

function decideAlike(one: RetentionPolicy, other: RetentionPolicy): boolean {
  return Bun.deepEquals(
    { rules: one.rules, ignoredPullers: one.ignoredPullers },
    { rules: other.rules, ignoredPullers: other.ignoredPullers },
  )
}

/** @throws CONFLICT saying why nothing comes of the policy there is; NOT_FOUND. */
export async function changePolicy(
  { policies, clock }: RetentionAdministration,
  permit: Manage,
  make: (before: RetentionPolicy | undefined) => RetentionPolicy | string,
  audit: { readonly type?: string; readonly detail?: AuditDetail } = {},
): Promise<void> {
  const project = projectOfPermit(permit)
  const now = clock()
  const record = (changed: PolicyChanged) => {
    if (changed.outcome !== 'changed') return []
    const before = changed.before as RetentionPolicy | undefined
    const detail = { ...policyDifference(before, changed.after as RetentionPolicy), ...audit.detail }
    const type = audit.type ?? (before ? 'retention-policy.update' : 'retention-policy.create')
    return [done(permit, { type, at: now, kind: 'retention policy', id: project, detail })]
  }
  const changing = {
    project,
    by: permit.principal.name,
    now,
    change: (before: unknown) => {
      const made = make(before as RetentionPolicy | undefined)
      if (typeof made === 'string') return made
      const { schedule } = made
      return { document: made, schedule, nextRunAt: schedule === undefined ? undefined : nextTime(schedule, now) }
    },
  }
  const changed = await policies.change(changing, record)
  if (changed.outcome === 'unknown project') throw notFound(`project ${project}`)
  if (changed.outcome === 'refused') throw conflict(changed.because)
}
