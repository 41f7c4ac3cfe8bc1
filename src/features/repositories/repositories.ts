import { parseRepositoryName, type RepositoryName, type Tag } from '../../oci/index.ts'
import type { Clock } from '../../platform/clock/index.ts'
import type { Identities, Names, RedirectList, TagHistory, Tags } from '../../stores/metadata/index.ts'
import {
  type Access,
  type Action,
  answer,
  authorizeIfAllowed,
  denied,
  invalid,
  type Permit,
  type ProjectAction,
  projectOf,
  projectOfPermit,
  type Resource,
} from '../access/index.ts'

/** What the use cases of names stand on: where tags pointed, what repositories and projects were called. */
export interface RepositoryNames {
  readonly names: Names
  readonly redirects: RedirectList
  readonly tags: Pick<Tags, 'set'>
  readonly history: TagHistory
  readonly projects: Pick<Identities['projects'], 'find'>
  /** As a client's DELETE. */
  readonly deleteTag: (permit: Permit<'delete'>, tag: Tag) => Promise<void>
  readonly access: Access
  readonly maxNameLength: number
  readonly clock: Clock
}

/** What only some of a project may do is asked again about the one repository. */
type InProject = Permit<'see project' | 'manage project'>

/** The repository that somebody names in their request about a project. @throws NAME_INVALID, INVALID. */
export function repositoryIn(permit: InProject, text: string, maxLength?: number): RepositoryName {
  const repository = parseRepositoryName(text, maxLength)
  const project = projectOfPermit(permit)
  if (projectOf({ repository }) === project) return repository
  throw invalid({ field: 'repository', message: `${repository} is not in project ${project}` })
}

/** The permit for one repository, of whoever may see its project. @throws DENIED with the reason. */
export function permitInRepository<A extends ProjectAction>(
  names: Pick<RepositoryNames, 'access'>,
  permit: InProject,
  action: A,
  repository: RepositoryName,
): Promise<Permit<A>> {
  return requirePermit(names, permit, action, { repository })
}

/** @throws DENIED with the reason. */
export async function requirePermit<A extends Action>(
  { access }: Pick<RepositoryNames, 'access'>,
  { principal, origin }: InProject,
  action: A,
  resource: Resource,
): Promise<Permit<A>> {
  const permit = await authorizeIfAllowed(access, { principal, origin, action, resource })
  if (permit) return permit
  const { decision } = await answer(access, { principal, origin, action, resource })
  // Whoever would make the project by a push finds nothing there.
  const because = decision.isAllowed ? 'there is no such project' : decision.because
  throw denied(`${because[0]?.toUpperCase()}${because.slice(1)}.`)
}
