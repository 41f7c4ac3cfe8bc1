import { parseRepositoryName } from '../../oci/index.ts'
import {
  type Action,
  answer,
  denied,
  invalid,
  notFound,
  type Permit,
  type ProjectAction,
  projectOf,
  type RegistryAction,
  type Resource,
} from '../access/index.ts'
import { ANONYMOUS, type Principal, parseProjectName, userPrincipal } from '../identity/index.ts'
import type { Administration } from './administration.ts'

const PROJECT_ACTIONS: Readonly<Record<ProjectAction, true>> = {
  stat: true,
  list: true,
  pull: true,
  push: true,
  delete: true,
  scan: true,
  sign: true,
  'see trash': true,
  'change trash': true,
  'see project': true,
  'read audit': true,
  'manage members': true,
  'manage policy': true,
  'manage project': true,
}
const REGISTRY_ACTIONS: Readonly<Record<RegistryAction, true>> = {
  'use API': true,
  catalog: true,
  'manage own account': true,
  'create project': true,
  'see registry': true,
  'read registry audit': true,
  'manage registry': true,
}

/** Everything that can be asked about. */
export const ACTIONS = [...Object.keys(PROJECT_ACTIONS), ...Object.keys(REGISTRY_ACTIONS)] as [Action, ...Action[]]

export interface AccessQuestion {
  /** A user, a robot (`project+name`) or `anonymous`. */
  readonly who: string
  readonly action: Action
  readonly repository?: string | undefined
  readonly project?: string | undefined
  /** Where the request would come from; where this one does, when undefined. */
  readonly address?: string | undefined
}

export interface Explanation {
  readonly isAllowed: boolean
  readonly because: string
  /** Which tags may be set, moved and removed: patterns. */
  readonly tags?: {
    readonly push: readonly string[]
    readonly overwrite: readonly string[]
    readonly remove: readonly string[]
  }
}

/** What the one decision about access would be, and why. Nothing happens, and nothing is recorded as refused. */
export async function explainAccess(
  { identities, access }: Administration,
  permit: Permit<'see registry' | 'manage members'>,
  question: AccessQuestion,
): Promise<Explanation> {
  const resource = resourceOf(question)
  // Asked for one project, answered for that one only.
  if (permit.resource !== 'registry' && (resource === 'registry' || projectOf(resource) !== projectOf(permit.resource)))
    throw denied('This takes the permission manage members in that project.')
  const principal = await principalOf(identities, question.who)
  const origin = { address: question.address ?? permit.origin.address }
  const { decision } = await answer(access, { principal, action: question.action, resource, origin })
  const { isAllowed, because } = decision
  const changesTags = question.action === 'push' || question.action === 'delete'
  return { isAllowed, because, ...(changesTags && decision.isAllowed && decision.tags ? { tags: decision.tags } : {}) }
}

function resourceOf({ action, repository, project }: AccessQuestion): Resource {
  const isOfRegistry = Object.hasOwn(REGISTRY_ACTIONS, action)
  if (isOfRegistry) {
    if (repository === undefined && project === undefined) return 'registry'
    throw invalid({ field: 'action', message: `${action} is of the registry: name no repository and no project` })
  }
  if (repository !== undefined && project === undefined) return { repository: parseRepositoryName(repository) }
  if (project !== undefined && repository === undefined) return { project: parseProjectName(project) }
  throw invalid({ field: 'repository', message: 'give either a repository or a project' })
}

/** As if they came with a password, or a token that restricts nothing. */
async function principalOf({ users, robots }: Administration['identities'], who: string): Promise<Principal> {
  if (who === ANONYMOUS.name) return ANONYMOUS
  const plus = who.indexOf('+')
  if (plus < 0) {
    const user = await users.find(who)
    if (user) return userPrincipal(user.id, user.name)
    throw notFound(`user ${who}`)
  }
  const robot = await robots.find(who.slice(0, plus), who)
  if (!robot) throw notFound(`robot ${who}`)
  return { kind: 'robot', id: `robot:${robot.id}`, accountId: robot.id, name: robot.name, authenticatedBy: 'token' }
}
