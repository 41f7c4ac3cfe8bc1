import {
  type Access,
  type Action,
  authorize,
  authorizeIfAllowed,
  type Permit,
  projectOf,
} from '../../features/access/index.ts'
import { parseProjectName, Unauthenticated } from '../../features/identity/index.ts'
import { parseRepositoryName } from '../../oci/index.ts'
import type { Route } from '../api/index.ts'
import type { Exchange } from '../exchange/index.ts'

/** The one access decision of a request to the API, before anything but its path is looked at. */
export async function permitFor(
  access: Access,
  { action, resource, inProject }: Route,
  { principal, origin, query }: Exchange,
  project: string | undefined,
): Promise<Permit<Action>> {
  // Clients and what runs in them hold it, for pulls and pushes; it must not show who its bearer is and what there is.
  if (principal.access) {
    throw new Unauthenticated('A registry token is for pulls and pushes: use a password or a token of your own.', {
      error: 'insufficient_scope',
    })
  }
  if (resource === 'project')
    return authorize(access, { principal, origin, action, resource: { project: parseProjectName(project ?? '') } })
  if (resource === 'repository') {
    const repository = parseRepositoryName(query.get('repository') ?? '')
    return authorize(access, { principal, origin, action, resource: { repository }, makesNothing: true })
  }
  const named = inProject && projectIn(query)
  if (!inProject || named === undefined) return authorize(access, { principal, origin, action, resource: 'registry' })
  return (
    (await authorizeIfAllowed(access, { principal, origin, action, resource: 'registry' })) ??
    authorize(access, { principal, origin, action: inProject, resource: { project: named } })
  )
}

function projectIn(query: URLSearchParams): string | undefined {
  const [project, repository] = [query.get('project'), query.get('repository')]
  if (project !== null) return parseProjectName(project)
  return repository === null ? undefined : projectOf({ repository: parseRepositoryName(repository) })
}
