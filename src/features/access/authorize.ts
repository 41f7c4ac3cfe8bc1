import { matchesGlob, RegistryError, type RepositoryName, type Tag } from '../../oci/index.ts'
import type { Clock } from '../../platform/clock/index.ts'
import type { AccessFacts, ProjectFacts } from '../../stores/metadata/index.ts'
import { type Principal, Unauthenticated } from '../identity/index.ts'
import type { NetworkOperation } from '../network/index.ts'
import {
  type Decision,
  decide,
  projectOf,
  type Question,
  type Resource,
  registryActions,
  type TagRules,
} from './decide.ts'
import { factsFor } from './facts.ts'
import type { Action, ProjectAction } from './permissions.ts'

declare const granted: unique symbol

/** Where a request came from, for rules about networks and for the record. */
export interface Origin {
  readonly address: string
  readonly requestId?: string
  readonly userAgent?: string | undefined
  readonly method?: string
  readonly path?: string
  /** The listener it came by, and what that one is for; everything, when `serves` is absent. */
  readonly listener?: { readonly address: string; readonly serves?: readonly NetworkOperation[] | undefined }
}

/**
 * Proof that one access decision was made for this principal and resource. Only {@link authorize} makes one, and
 * every use case demands one, so a route that forgets to ask does not compile.
 */
export interface Permit<A extends Action> {
  readonly [granted]: A
  readonly principal: Principal
  readonly resource: Resource
  readonly origin: Origin
  /** May this tag be set, moved from another manifest, removed? */
  mayTag(change: keyof TagRules, tag: Tag): boolean
}

/** How decisions are made. `open` lets everybody do everything; it is for loopback addresses only. */
export type Access =
  | { readonly mode: 'open' }
  | {
      readonly mode: 'closed'
      readonly facts: AccessFacts
      readonly clock: Clock
      /** Why the caller's network may not do it; undefined when it may. */
      readonly networkRefusal: (origin: Origin, action: Action, project: ProjectFacts | undefined) => string | undefined
      /** Makes the project of a push by somebody who may. */
      readonly makeProject: (name: string, by: Principal, origin: Origin) => Promise<void>
      /** Is told of every refusal. */
      readonly refused: (question: Question, because: string, origin: Origin) => void
    }

export interface Asking<A extends Action> {
  readonly principal: Principal
  readonly action: A
  readonly resource: Resource
  readonly origin: Origin
  /** What is changed must be there already: no project is made for it. */
  readonly makesNothing?: true
}

const ASKS_ONLY = new Set(['GET', 'HEAD', 'DELETE'])

/**
 * The one access decision of a request. @throws DENIED with the reason, Unauthenticated when signing in may help.
 * @param otherwise asked before a refusal for a permit to something that the request may mean as well.
 */
export async function authorize<A extends Action>(
  access: Access,
  asking: Asking<A>,
  otherwise?: () => Promise<Permit<A> | undefined>,
): Promise<Permit<A>> {
  const { decision, question } = await answer(access, asking)
  if (decision.isAllowed) {
    // Who asks how an upload stands has begun none where there is no project.
    const mayMake = !asking.makesNothing && !ASKS_ONLY.has(asking.origin.method ?? '')
    if (access.mode === 'closed' && decision.makesProject !== undefined && mayMake)
      await access.makeProject(decision.makesProject, asking.principal, asking.origin)
    return permit(asking, decision.tags)
  }
  const other = await otherwise?.()
  if (other) return other
  if (access.mode === 'closed') access.refused(question, decision.because, asking.origin)
  throw refusal(asking, decision)
}

/** As {@link authorize}, for what the caller can do without: undefined when it is refused, which nobody is told of. */
export async function authorizeIfAllowed<A extends Action>(
  access: Access,
  asking: Asking<A>,
): Promise<Permit<A> | undefined> {
  const { decision } = await answer(access, asking)
  return decision.isAllowed && decision.makesProject === undefined ? permit(asking, decision.tags) : undefined
}

/** The decision itself, for those who ask why. */
export async function answer(
  access: Access,
  { principal, action, resource, origin }: Asking<Action>,
): Promise<{ readonly decision: Decision; readonly question: Question }> {
  if (access.mode === 'open') {
    const question = { principal, action, resource, now: 0 }
    return { question, decision: { isAllowed: true, because: 'this registry serves without authentication' } }
  }
  const known = factsFor(access.facts, principal, resource)
  const facts = known instanceof Promise ? await known : known
  const networkRefusal = access.networkRefusal(origin, action, facts.project)
  const question = { principal, action, resource, now: access.clock(), networkRefusal }
  return { question, decision: decide(question, facts) }
}

function permit<A extends Action>({ principal, resource, origin }: Asking<A>, tags: TagRules | undefined): Permit<A> {
  return {
    principal,
    resource,
    origin,
    mayTag: (change, tag) => tags === undefined || tags[change].some(glob => matchesGlob(glob, tag)),
  } as Permit<A>
}

function refusal(
  { principal, action, resource }: Asking<Action>,
  { because, remedy }: Extract<Decision, { isAllowed: false }>,
): RegistryError {
  const message = `${because[0]?.toUpperCase()}${because.slice(1)}.`
  if (remedy === 'none') return new RegistryError('DENIED', message, { detail: { action, principal: principal.name } })
  const scope = scopeOf(action, resource)
  return new Unauthenticated(message, {
    ...(scope === undefined ? {} : { scope }),
    ...(remedy === 'another token' ? { error: 'insufficient_scope' as const } : {}),
  })
}

/** What a token must be asked for, in Docker's grammar. */
function scopeOf(action: Action, resource: Resource): string | undefined {
  if (action === 'catalog') return 'registry:catalog:*'
  if (resource === 'registry' || !('repository' in resource)) return undefined
  const [first = 'pull'] = registryActions(action as ProjectAction)
  return `repository:${resource.repository}:${first === 'push' ? 'pull,push' : first}`
}

/** The repository that the permit is for. */
export function repositoryOf(permit: Permit<'pull' | 'push' | 'delete' | 'scan' | 'stat' | 'list'>): RepositoryName {
  const { resource } = permit
  if (resource === 'registry' || !('repository' in resource)) throw new Error('This permit is not for a repository.')
  return resource.repository
}

/** The project that the permit is for. */
export function projectOfPermit({ resource }: Permit<ProjectAction>): string {
  if (resource === 'registry') throw new Error('This permit is for the registry, not for a project.')
  return projectOf(resource)
}
