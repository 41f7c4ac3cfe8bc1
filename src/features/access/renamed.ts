import type { RepositoryName } from '../../oci/index.ts'
import type { Principal } from '../identity/index.ts'
import { type Access, type Asking, authorizeIfAllowed, type Permit } from './authorize.ts'
import type { ProjectAction } from './permissions.ts'

/** What the repository that had the name is called now; undefined when none had it. */
export type FindRenamed = (name: RepositoryName) => Promise<RepositoryName | undefined>

/**
 * The permit for where a former name leads, if the principal may do it there. Undefined for a name that nothing had and
 * for one whose repository the principal may not have alike, so that nobody learns from a redirect what is there.
 */
export async function permitByFormerName<A extends ProjectAction>(
  access: Access,
  { principal, ...asking }: Omit<Asking<A>, 'resource'>,
  name: RepositoryName,
  findRenamed: FindRenamed,
): Promise<Permit<A> | undefined> {
  const repository = await findRenamed(name)
  if (repository === undefined) return undefined
  const resource = { repository }
  return authorizeIfAllowed(access, { ...asking, principal: asOf(principal, name, repository), resource })
}

/** Clients ask for tokens by the name that they know: such a token is one for what the name leads to. */
function asOf(principal: Principal, name: RepositoryName, repository: RepositoryName): Principal {
  if (!principal.access) return principal
  const access = principal.access.map(entry =>
    entry.type === 'repository' && entry.name === name ? { ...entry, name: repository } : entry,
  )
  return { ...principal, access }
}
