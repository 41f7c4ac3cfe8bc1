import { type Permit, projectOfPermit } from '../access/index.ts'
import { DEFAULT_FUSE_PERCENT } from './check-policy.ts'
import { type ImportRemark, importPolicy, type PolicyFormat } from './import/index.ts'
import { type PolicyView, setPolicy } from './policies.ts'
import type { RetentionPolicy, RetentionRule } from './policy.ts'
import type { RetentionAdministration } from './retention.ts'

export interface PolicyImport {
  readonly from: PolicyFormat
  readonly document: unknown
  /** Globs over whole names: the repositories that a document of one repository is for; absent: all of the project. */
  readonly repositories?: readonly string[] | undefined
  /** To the rules there are, instead of in their place. */
  readonly isAdded: boolean
}

/**
 * Another registry's document as the policy of the project, in dry run. Tells what of it could not be said.
 * @throws INVALID, CONFLICT, NOT_FOUND.
 */
export async function importInto(
  retention: RetentionAdministration,
  permit: Permit<'manage policy'>,
  { from, document, repositories, isAdded }: PolicyImport,
): Promise<PolicyView & { readonly problems: readonly ImportRemark[]; readonly notes: readonly ImportRemark[] }> {
  const project = projectOfPermit(permit)
  const { rules, schedule, problems, notes } = importPolicy(from, document, { project, repositories })
  const before = isAdded ? (await retention.policies.find(project))?.document : undefined
  const base = (before as RetentionPolicy | undefined) ?? {
    fusePercent: DEFAULT_FUSE_PERCENT,
    ignoredPullers: [],
    rules: [],
  }
  const policy: RetentionPolicy = {
    ...base,
    ...(schedule === undefined ? {} : { schedule }),
    isDryRun: true,
    rules: [...base.rules, ...withOtherNames(rules, base.rules)],
  }
  return { ...(await setPolicy(retention, permit, policy)), problems, notes }
}

function withOtherNames(rules: readonly RetentionRule[], there: readonly RetentionRule[]): readonly RetentionRule[] {
  const names = new Set(there.map(({ name }) => name))
  return rules.map(rule => {
    let name = rule.name
    for (let count = 2; names.has(name); count += 1) name = `${rule.name.slice(0, 90)} (${count})`
    names.add(name)
    return { ...rule, name }
  })
}
