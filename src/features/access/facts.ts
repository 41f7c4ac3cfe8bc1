import type { AccessFacts, GrantFacts, TrustRuleFacts } from '../../stores/metadata/index.ts'
import type { Principal } from '../identity/index.ts'
import { type Facts, type HeldGrant, projectOf, type Resource } from './decide.ts'
import { BUILT_IN_ROLES, isPermission, type Permission } from './permissions.ts'

interface Remembered {
  readonly moment: number
  readonly byResource: Map<string, Facts>
}

const MOST_REMEMBERED = 1000
/** By the principal itself: whoever comes again with a token is the same object. */
const remembered = new WeakMap<Principal, Remembered>()

/** What a decision about this principal and resource needs, at once when it is known and nothing changed since. */
export function factsFor(facts: AccessFacts, principal: Principal, resource: Resource): Facts | Promise<Facts> {
  const moment = facts.moment()
  const key = resource === 'registry' ? '' : projectOf(resource)
  let known = remembered.get(principal)
  if (known?.moment !== moment || known.byResource.size >= MOST_REMEMBERED) {
    known = { moment, byResource: new Map() }
    remembered.set(principal, known)
  }
  return known.byResource.get(key) ?? readInto(known.byResource, key, readFacts(facts, principal, resource))
}

async function readInto(byResource: Map<string, Facts>, key: string, reading: Promise<Facts>): Promise<Facts> {
  const facts = await reading
  byResource.set(key, facts)
  return facts
}

async function readFacts(facts: AccessFacts, principal: Principal, resource: Resource): Promise<Facts> {
  const { kind, accountId } = principal
  const owner = (kind === 'user' || kind === 'robot') && accountId !== undefined ? { kind, id: accountId } : undefined
  const account = owner && (await facts.account(owner.kind, owner.id))
  const rules = await rulesOf(facts, principal)
  const isTrusted = rules.length > 0
  if (resource === 'registry') return { account, isTrusted, grants: [] }
  const project = await facts.project(projectOf(resource))
  if (!project) return { account, isTrusted, grants: [] }
  if (principal.rules)
    return { project, isTrusted, grants: rules.filter(rule => rule.project_id === project.id).map(heldByRule) }
  if (!owner) return { project, grants: [] }
  const grants = (await facts.grants(owner.kind, owner.id, project.id)).map(heldGrant)
  if (owner.kind !== 'user' || project.pushers !== 'pipelines') return { account, project, grants }
  return { account, project, grants, brokenGlassUntil: await facts.brokenGlass(owner.id, project.id) }
}

/** Those that are still there. */
async function rulesOf(facts: AccessFacts, { rules = [] }: Principal): Promise<readonly TrustRuleFacts[]> {
  const found: TrustRuleFacts[] = []
  for (const id of rules) {
    const rule = await facts.trustRule(id)
    if (rule) found.push(rule)
  }
  return found
}

/** An engine that remembers an answer gives the same rows again. */
const known = new WeakMap<object, HeldGrant>()

function heldGrant(row: GrantFacts): HeldGrant {
  const before = known.get(row)
  if (before) return before
  const held = {
    permissions: permissionsOf(row),
    repositories: row.repositories,
    tags: row.tags,
    via: `role ${row.role}${row.group === null ? '' : `, as a member of group ${row.group}`}`,
  }
  known.set(row, held)
  return held
}

function permissionsOf({ role, permissions }: GrantFacts): readonly Permission[] {
  // A role that is built in cannot be redefined.
  if (Object.hasOwn(BUILT_IN_ROLES, role)) return BUILT_IN_ROLES[role as keyof typeof BUILT_IN_ROLES]
  return permissions === null ? [] : (JSON.parse(permissions) as readonly string[]).filter(isPermission)
}

function heldByRule(row: TrustRuleFacts): HeldGrant {
  const before = known.get(row)
  if (before) return before
  const rule = JSON.parse(row.rule) as { permissions: readonly string[]; repositories: string; tags: string }
  const held = {
    permissions: rule.permissions.filter(isPermission),
    repositories: rule.repositories,
    tags: rule.tags,
    via: `trust rule ${row.name}`,
  }
  known.set(row, held)
  return held
}
