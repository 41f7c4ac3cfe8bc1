import { matchesGlob, type RepositoryName } from '../../oci/index.ts'
import type { AccountFacts, CredentialScope, ProjectFacts } from '../../stores/metadata/index.ts'
import type { Principal, TokenAccess } from '../identity/index.ts'
import { type Action, type Permission, type ProjectAction, permissionsFor, type RegistryAction } from './permissions.ts'

/** What an action is done to: one repository, a project, or the registry as a whole. */
export type Resource = { readonly repository: RepositoryName } | { readonly project: string } | 'registry'

export interface Question {
  readonly principal: Principal
  readonly action: Action
  readonly resource: Resource
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Why the caller's network may not do this; undefined when it may. */
  readonly networkRefusal?: string | undefined
}

/** Something that the principal was given in the project. */
export interface HeldGrant {
  readonly permissions: readonly Permission[]
  /** Globs. */
  readonly repositories: string
  readonly tags: string
  /** For people: `role developer, as a member of group web`. */
  readonly via: string
}

/** All that a decision depends on beside the question. */
export interface Facts {
  /** Undefined for whoever has no account, and when it is gone. */
  readonly account?: AccountFacts | undefined
  readonly project?: ProjectFacts | undefined
  readonly grants: readonly HeldGrant[]
  /** Of a pipeline: a rule that trusts it is still there. */
  readonly isTrusted?: boolean
  /** Until when the principal may push where only pipelines may. */
  readonly brokenGlassUntil?: number | undefined
}

export type Decision =
  | {
      readonly isAllowed: true
      readonly because: string
      /** Which tags may be set, and which that are there may be moved or removed: globs. Only where tags are changed. */
      readonly tags?: TagRules
      /** The project is not there, and this principal's push makes it. */
      readonly makesProject?: string
    }
  | {
      readonly isAllowed: false
      readonly because: string
      /** `sign in`: somebody might; say who you are. `another token`: this identity may, this token may not. */
      readonly remedy: 'none' | 'sign in' | 'another token'
      /** The identity has the role, and a rule of the project keeps it back. */
      readonly isHeldBack?: boolean
    }

export interface TagRules {
  readonly push: readonly string[]
  readonly overwrite: readonly string[]
  readonly remove: readonly string[]
}

const ALL_TAGS: TagRules = { push: ['*'], overwrite: ['*'], remove: ['*'] }

/** The one decision about access. Pure: the same question and facts give the same answer. */
export function decide(question: Question, facts: Facts): Decision {
  const { principal, resource, networkRefusal } = question
  if (networkRefusal !== undefined) return refuse(networkRefusal)
  if (principal.kind === 'system') return decideForRegistryItself(question)
  const hasAccount = principal.kind === 'user' || principal.kind === 'robot'
  if (hasAccount && facts.account === undefined) return refuse(`the account ${principal.name} is gone`, 'sign in')
  if (hasAccount && facts.account?.state !== 'active')
    return refuse(`the account ${principal.name} is disabled`, 'sign in')
  if (principal.kind === 'pipeline' && !facts.isTrusted)
    return refuse(`the rule that trusted ${principal.name} is gone`, 'sign in')
  if (resource === 'registry') return decideForRegistry(question, facts)
  return decideForProject(question as Question & ProjectQuestion, facts)
}

/** What it gave somebody a token for, such as a scanner, and nothing else. */
function decideForRegistryItself({ principal, action, resource }: Question): Decision {
  if (!principal.access) return allow('it is the registry itself', ALL_TAGS)
  if (action === 'use API') return allow('everybody who says who they are may ask')
  const repository = resource !== 'registry' && 'repository' in resource ? resource.repository : undefined
  const actions = repository === undefined ? [] : registryActions(action as ProjectAction)
  if (repository !== undefined && covers(principal.access, 'repository', repository, actions))
    return allow('the registry asked for it', ALL_TAGS)
  return refuse(`the token is not for ${action} in ${resource === 'registry' ? 'the registry' : nameOf(resource)}`)
}

interface ProjectQuestion {
  readonly action: ProjectAction
  readonly resource: Exclude<Resource, 'registry'>
}

function decideForRegistry({ principal, action }: Question, { account }: Facts): Decision {
  const registryAction = action as RegistryAction
  const isAnonymous = principal.kind === 'anonymous'
  // A token that was issued for a registry client does what it says and nothing else.
  if (principal.access && registryAction !== 'use API' && registryAction !== 'catalog')
    return refuse('a registry token is for pulls and pushes: use a password or a token of your own', 'another token')
  switch (registryAction) {
    case 'use API':
      if (isAnonymous && !principal.access) return refuse('nobody is signed in', 'sign in')
      return allow('everybody who says who they are may ask')
    case 'catalog':
      if (isAnonymous) return refuse('nobody is signed in', 'sign in')
      if (principal.access && !covers(principal.access, 'registry', 'catalog', ['*']))
        return refuse('the token is not for the catalog', 'another token')
      return allow('it lists what the caller may see')
    case 'manage own account':
      if (isAnonymous) return refuse('nobody is signed in', 'sign in')
      if (principal.kind !== 'user') return refuse(`${describe(principal)} has no account of its own to manage`)
      if (principal.scope) return refuse('this token is restricted: use the password, or a token that is not')
      return allow('it is their own')
    default:
      return decideForSystemRole(principal, registryAction, account)
  }
}

const SYSTEM_ROLES: Readonly<
  Record<Exclude<RegistryAction, 'use API' | 'catalog' | 'manage own account'>, readonly string[]>
> = {
  'create project': ['administrator', 'project creator'],
  'see registry': ['administrator', 'auditor'],
  'read registry audit': ['administrator', 'auditor'],
  'manage registry': ['administrator'],
}

function decideForSystemRole(
  principal: Principal,
  action: keyof typeof SYSTEM_ROLES,
  account: AccountFacts | undefined,
): Decision {
  const wanted = SYSTEM_ROLES[action]
  if (principal.kind === 'anonymous') return refuse('nobody is signed in', 'sign in')
  if (principal.scope) return refuse('this token is restricted to repositories')
  const role = account?.systemRole
  if (role && wanted.includes(role)) return allow(`the system role ${role}`)
  return refuse(`${describe(principal)} has none of the system roles ${wanted.join(', ')}`)
}

function decideForProject(question: Question & ProjectQuestion, facts: Facts): Decision {
  const { principal, action, resource } = question
  const { project } = facts
  const enough = permissionsFor(action)
  const repository = 'repository' in resource ? resource.repository : undefined
  if (principal.access) {
    if (repository === undefined)
      return refuse('a registry token is for pulls and pushes: use a password or a token of your own', 'another token')
    if (!covers(principal.access, 'repository', repository, registryActions(action)))
      return withAnotherToken(question, facts, `the token is not for ${action} in ${repository}`)
  }
  const scoped = principal.scope && withinScope(principal.scope, resource, enough)
  if (scoped === false) return refuse(`the token ${principal.credential} is not for ${action} in ${nameOf(resource)}`)
  if (!project) return decideWithoutProject(question, facts)
  const open = openTo(question, project)
  if (open !== undefined) return allow(open)
  const pipelinesOnly = refusePeople(question, facts, project)
  const role = facts.account?.systemRole
  if (role === 'administrator') {
    if (pipelinesOnly !== undefined) return { ...refuse(pipelinesOnly), isHeldBack: true }
    return allow('the system role administrator', restricted(ALL_TAGS, resource, principal.scope))
  }
  if (role === 'auditor' && enough.includes('read audit')) return allow('the system role auditor')
  const held = facts.grants.filter(grant => isHeldFor(grant, action, resource))
  const grant = held.find(({ permissions }) => enough.some(permission => permissions.includes(permission)))
  // Told to nobody else: it would tell them that the project is there.
  if (grant && pipelinesOnly !== undefined) return { ...refuse(pipelinesOnly), isHeldBack: true }
  if (grant) return allow(grant.via, tagRules(held, resource, principal.scope))
  return refuse(
    principal.kind === 'anonymous'
      ? `nobody is signed in, and ${project.name} is not public`
      : `${describe(principal)} has no role that allows ${action} in ${nameOf(resource)}`,
    principal.kind === 'anonymous' ? 'sign in' : 'none',
  )
}

/**
 * What is done to a project as a whole is done to all that is in it, so that a role for a part of it does not do: an
 * owner of one repository who could manage members would make themselves the owner of all.
 */
function isHeldFor(
  { repositories, tags }: HeldGrant,
  action: ProjectAction,
  resource: Exclude<Resource, 'registry'>,
): boolean {
  if ('repository' in resource) return matchesGlob(repositories, resource.repository)
  if (action === 'see project') return true
  return isWhole(repositories, resource.project) && (tags === '*' || tags === '**')
}

function isWhole(repositories: string, project: string): boolean {
  return repositories === '**' || repositories === `${project}/**`
}

/** Said of a project that is not there as of one that is, so that names cannot be found out by asking. */
function decideWithoutProject(
  { principal, action, resource }: Question & ProjectQuestion,
  { account }: Facts,
): Decision {
  const name = projectOf(resource)
  const role = account?.systemRole
  const mayMake = (role === 'administrator' || role === 'project creator') && !principal.scope
  if (mayMake && action === 'push') {
    const decision = allow(`the system role ${role} makes projects by pushing to them`, ALL_TAGS)
    return { ...decision, makesProject: name }
  }
  // They would be told of a project that is there, and find nothing in it.
  const maySeeAll = role === 'administrator' || (role === 'auditor' && permissionsFor(action).includes('read audit'))
  if (maySeeAll && action !== 'push') return allow(`the system role ${role}; there is no project ${name}`)
  if (principal.kind === 'anonymous') return refuse(`nobody is signed in, and ${name} is not public`, 'sign in')
  return refuse(`${describe(principal)} has no role that allows ${action} in ${nameOf(resource)}`)
}

/** Pulls that need no role. */
function openTo({ principal, action }: Question, project: ProjectFacts): string | undefined {
  if (action !== 'pull' && action !== 'stat' && action !== 'list') return undefined
  if (project.visibility === 'public') return `${project.name} is public`
  if (project.visibility === 'internal' && principal.kind !== 'anonymous')
    return `${project.name} is open to everybody who is signed in`
  return undefined
}

/** Administrators are people too. */
function refusePeople(
  { principal, action, now }: Question,
  { brokenGlassUntil }: Facts,
  project: ProjectFacts,
): string | undefined {
  if (action !== 'push' || project.pushers !== 'pipelines' || principal.kind === 'pipeline') return undefined
  if (brokenGlassUntil !== undefined && brokenGlassUntil > now) return undefined
  return `only pipelines may push to ${project.name}, and ${describe(principal)} is none: push from a pipeline that one of its trust rules names, or break the glass with a reason (berth project break-glass)`
}

function tagRules(
  held: readonly HeldGrant[],
  resource: Exclude<Resource, 'registry'>,
  scope: readonly CredentialScope[] | undefined,
): TagRules {
  const globs = (permission: Permission) =>
    held.filter(({ permissions }) => permissions.includes(permission)).map(({ tags }) => tags)
  const rules = { push: globs('push'), overwrite: globs('overwrite tag'), remove: globs('delete') }
  return restricted(rules, resource, scope)
}

/** A token that may push need not be one that may move tags. */
function restricted(
  rules: TagRules,
  resource: Exclude<Resource, 'registry'>,
  scope: readonly CredentialScope[] | undefined,
): TagRules {
  if (!scope) return rules
  const only = (permission: Permission, globs: readonly string[]) =>
    withinScope(scope, resource, [permission]) ? globs : []
  return {
    push: only('push', rules.push),
    overwrite: only('overwrite tag', rules.overwrite),
    remove: only('delete', rules.remove),
  }
}

/** What a registry client asks a token for, of which one is enough (distribution's token scope documentation). */
export function registryActions(action: ProjectAction): readonly string[] {
  if (action === 'stat') return ['pull', 'push', '*']
  if (action === 'list') return ['pull', '*']
  return [action, '*']
}

function covers(access: readonly TokenAccess[], type: string, name: string, actions: readonly string[]): boolean {
  return access.some(
    entry => entry.type === type && entry.name === name && entry.actions.some(action => actions.includes(action)),
  )
}

/** With this token it is not allowed; with another of the same identity it may be, or what keeps that back is told. */
function withAnotherToken(question: Question & ProjectQuestion, facts: Facts, because: string): Decision {
  const { access: _, ...principal } = question.principal
  const decision = decideForProject({ ...question, principal }, facts)
  return decision.isAllowed ? refuse(because, 'another token') : decision
}

function withinScope(
  scope: readonly CredentialScope[],
  resource: Exclude<Resource, 'registry'>,
  enough: readonly Permission[],
): boolean {
  return scope.some(({ repositories, permissions }) => {
    const isThere =
      'repository' in resource
        ? matchesGlob(repositories, resource.repository)
        : isWhole(repositories, resource.project)
    return isThere && enough.some(permission => permissions.includes(permission))
  })
}

/** The first component of a repository's name. */
export function projectOf(resource: Exclude<Resource, 'registry'>): string {
  if ('project' in resource) return resource.project
  const slash = resource.repository.indexOf('/')
  return slash < 0 ? resource.repository : resource.repository.slice(0, slash)
}

function nameOf(resource: Exclude<Resource, 'registry'>): string {
  return 'repository' in resource ? resource.repository : `project ${resource.project}`
}

function describe({ kind, name }: Principal): string {
  return kind === 'anonymous' ? 'whoever is not signed in' : `${kind} ${name}`
}

function allow(because: string, tags?: TagRules): Extract<Decision, { isAllowed: true }> {
  return { isAllowed: true, because, ...(tags ? { tags } : {}) }
}

function refuse(
  because: string,
  remedy: 'none' | 'sign in' | 'another token' = 'none',
): Extract<Decision, { isAllowed: false }> {
  return { isAllowed: false, because, remedy }
}
