import type { TrustRuleRecord } from '../../stores/metadata/index.ts'
import { conflict, done, invalid, notFound, type Permit, projectOfPermit } from '../access/index.ts'
import { randomText } from '../identity/index.ts'
import type { Administration } from './administration.ts'
import { checkTrustRule, type TrustRuleInput } from './check-trust-rule.ts'
import { requireRepositories, requireTags } from './globs.ts'
import { requireReach } from './reach.ts'

type Manage = Permit<'manage policy'>

/** Each is tried on a token of its issuer. */
const MOST = 100
const NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/

export interface TrustRuleView {
  readonly id: string
  readonly name: string
  readonly rule: TrustRuleInput
  readonly createdAt: number
}

/** @throws NOT_FOUND. */
export async function listTrustRules(
  { identities }: Administration,
  permit: Manage,
): Promise<readonly TrustRuleView[]> {
  const project = projectOfPermit(permit)
  if (!(await identities.projects.find(project))) throw notFound(`project ${project}`)
  return (await identities.trustRules.list(project)).map(viewOf)
}

/** @throws INVALID, CONFLICT, NOT_FOUND, DENIED when the pipelines would get more than the caller has. */
export async function addTrustRule(
  administration: Administration,
  permit: Manage,
  { name, rule }: { readonly name: string; readonly rule: TrustRuleInput },
): Promise<TrustRuleView> {
  const project = projectOfPermit(permit)
  const { identities, clock } = administration
  if (name.length > 64 || !NAME.test(name))
    throw invalid({ field: 'name', message: 'expected up to 64 lower-case letters and digits, separated by . _ or -' })
  requireRepositories(project, rule.repositories, 'repositories')
  requireTags(rule.tags, 'tags')
  const named = { ...rule, project, name }
  const faults = [...checkTrustRule(named), ...administration.checkTrustRule(named)]
  if (faults.length > 0) throw invalid(...faults)
  const { permissions, repositories, tags } = rule
  await requireReach(administration, permit, [{ permissions, repositories, tags }])
  if ((await identities.trustRules.list(project)).length >= MOST)
    throw conflict(`${project} has ${MOST} trust rules already: remove some first.`)
  const now = clock()
  const record = { id: randomText(12), project, name, rule, createdAt: now }
  const detail = {
    issuer: rule.issuer,
    audience: rule.audience,
    conditions: JSON.stringify(rule.conditions),
    permissions,
    repositories,
    tags,
    lifetimeSeconds: rule.lifetimeSeconds,
  }
  const outcome = await identities.trustRules.add(record, result =>
    result === 'added'
      ? [done(permit, { type: 'trust-rule.create', at: now, kind: 'trust rule', id: name, detail })]
      : [],
  )
  if (outcome === 'unknown project') throw notFound(`project ${project}`)
  if (outcome === 'name taken') throw conflict(`${project} has a trust rule ${name} already.`)
  return viewOf(record)
}

/** What its tokens may do ends with it. @throws NOT_FOUND. */
export async function removeTrustRule({ identities, clock }: Administration, permit: Manage, name: string) {
  const project = projectOfPermit(permit)
  const entry = { type: 'trust-rule.delete', at: clock(), kind: 'trust rule', id: name }
  const removed = await identities.trustRules.remove(project, name, isGone => (isGone ? [done(permit, entry)] : []))
  if (!removed) throw notFound(`trust rule ${name} in ${project}`)
}

function viewOf({ id, name, rule, createdAt }: TrustRuleRecord): TrustRuleView {
  return { id, name, rule: rule as TrustRuleInput, createdAt }
}
