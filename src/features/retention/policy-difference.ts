import type { AuditDetail } from '../../stores/metadata/index.ts'
import { difference } from '../access/index.ts'
import type { RetentionPolicy } from './policy.ts'

/** What of a policy is not as it was, for the audit log: settings by name, and each rule that is new, gone or changed. */
export function policyDifference(before: RetentionPolicy | undefined, after: RetentionPolicy): AuditDetail {
  const settings = (policy: RetentionPolicy | undefined) => ({
    isDryRun: policy?.isDryRun ?? null,
    schedule: policy?.schedule ?? null,
    fusePercent: policy?.fusePercent ?? null,
    ignoredPullers: JSON.stringify(policy?.ignoredPullers ?? []),
    order: JSON.stringify((policy?.rules ?? []).map(({ name }) => name)),
  })
  return {
    ...difference(settings(before), settings(after)),
    ...difference(rulesOf(before, after), rulesOf(after, before)),
  }
}

/** Each rule of the one as JSON; null for those that only the other has. */
function rulesOf(policy: RetentionPolicy | undefined, other: RetentionPolicy | undefined) {
  const none = (other?.rules ?? []).map(({ name }) => [`rule ${name}`, null] as const)
  const own = (policy?.rules ?? []).map(rule => [`rule ${rule.name}`, JSON.stringify(rule)] as const)
  return Object.fromEntries<string | null>([...none, ...own])
}
