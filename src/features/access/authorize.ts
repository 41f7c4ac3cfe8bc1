import { RegistryError, type RepositoryName } from '../../oci/index.ts'
import type { Principal } from '../identity/index.ts'

declare const granted: unique symbol

export type Action = 'pull' | 'push' | 'delete' | 'catalog'

/** What an action is done to: one repository, or the registry as a whole. */
export type Resource = { readonly repository: RepositoryName } | 'registry'

/**
 * Proof that one access decision was made for this principal and resource. Only {@link authorize} makes one, and
 * every use case demands one, so a route that forgets to ask does not compile.
 */
export interface Permit<A extends Action> {
  readonly [granted]: A
  readonly principal: Principal
  readonly resource: Resource
}

/** How decisions are made. `open` lets everybody do everything; it is for loopback addresses only. */
export type Access = { readonly mode: 'open' }

/** The one access decision of a request. @throws DENIED with the reason. */
export function authorize<A extends Action>(
  access: Access,
  principal: Principal,
  action: A,
  resource: Resource,
): Permit<A> {
  if (access.mode === 'open') return { principal, resource } as Permit<A>
  throw new RegistryError('DENIED', `${principal.name} may not ${action} here.`)
}

/** The repository that the permit is for. */
export function repositoryOf(permit: Permit<'pull' | 'push' | 'delete'>): RepositoryName {
  if (permit.resource === 'registry') throw new Error('This permit is for the registry, not for a repository.')
  return permit.resource.repository
}
