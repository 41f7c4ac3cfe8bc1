import type { RepositoryName } from '../../oci/index.ts'
import { type Access, authorizeIfAllowed, type Permit } from './authorize.ts'
import type { Action } from './permissions.ts'

/** May the caller of a list over many repositories pull from one of them? Asks about each once. */
export function sightOf(
  { access }: { readonly access: Access },
  { principal, origin }: Pick<Permit<Action>, 'principal' | 'origin'>,
): (repository: RepositoryName) => Promise<boolean> {
  const seen = new Map<RepositoryName, boolean>()
  return async repository => {
    const known = seen.get(repository)
    if (known !== undefined) return known
    const asking = { principal, origin, action: 'pull', resource: { repository } } as const
    const answer = (await authorizeIfAllowed(access, asking)) !== undefined
    seen.set(repository, answer)
    return answer
  }
}
