import type { Grant, Identities, SubjectKind } from '../../stores/metadata/index.ts'
import { done, invalid, notFound, type Permission, type Permit, projectOfPermit } from '../access/index.ts'
import type { Administration, PageOf } from './administration.ts'
import { requireRepositories, requireTags } from './globs.ts'
import { type Reach, requireReach } from './reach.ts'
import { permissionsOfRole, roleOfPermissions } from './roles.ts'

/** A role by its name, or the permissions themselves; for some repositories and tags. */
export interface GrantInput {
  readonly role?: string | undefined
  readonly permissions?: readonly Permission[] | undefined
  readonly repositories: string
  readonly tags: string
}

export interface MemberInput extends GrantInput {
  readonly subject: { readonly kind: SubjectKind; readonly name: string }
}

/** @throws NOT_FOUND. */
export async function listMembers(
  { identities }: Administration,
  permit: Permit<'see project'>,
  page: PageOf<number>,
): Promise<readonly Grant[]> {
  const project = projectOfPermit(permit)
  const grants = await identities.grants.list(project, page)
  if (!grants) throw notFound(`project ${project}`)
  return grants
}

/** @throws NOT_FOUND, INVALID, DENIED when it is more than the caller has. */
export async function addMember(
  administration: Administration,
  permit: Permit<'manage members'>,
  { subject, ...grant }: MemberInput,
): Promise<Grant> {
  const project = projectOfPermit(permit)
  const { identities, clock } = administration
  if (subject.kind === 'robot' && !subject.name.startsWith(`${project}+`))
    throw invalid({
      field: 'subject.name',
      message: `a robot is for its own project: the robots of ${project} are called ${project}+NAME`,
    })
  const { role, reach } = await resolveGrant(administration, permit, grant, '')
  await requireReach(administration, permit, [reach])
  const now = clock()
  const { repositories, tags } = grant
  const detail = { subject: `${subject.kind} ${subject.name}`, role, repositories, tags }
  const id = await identities.grants.add(project, { subject, role, repositories, tags, now }, result =>
    typeof result === 'number'
      ? [done(permit, { type: 'member.add', at: now, kind: 'grant', id: String(result), detail })]
      : [],
  )
  if (id === 'unknown project') throw notFound(`project ${project}`)
  if (id === 'unknown subject') throw notFound(`${subject.kind} ${subject.name}`)
  return { id, subject, role, repositories, tags, createdAt: now }
}

/** @throws NOT_FOUND, also for a grant of another project; DENIED for a grant of more than the caller has. */
export async function removeMember(
  administration: Administration,
  permit: Permit<'manage members'>,
  id: number,
): Promise<void> {
  const project = projectOfPermit(permit)
  const { identities, clock } = administration
  const grant = await grantOf(identities, project, id)
  if (!grant) throw notFound(`grant ${id} in ${project}`)
  const { subject, role, repositories, tags } = grant
  const permissions = (await permissionsOfRole(identities, role)) ?? []
  await requireReach(administration, permit, [{ permissions, repositories, tags }])
  const detail = { subject: `${subject.kind} ${subject.name}`, role, repositories, tags }
  const entry = { type: 'member.remove', at: clock(), kind: 'grant', id: String(id), detail }
  const removed = await identities.grants.remove(project, id, isGone => (isGone ? [done(permit, entry)] : []))
  if (!removed) throw notFound(`grant ${id} in ${project}`)
}

/** The grant by its id, but only within the project. */
async function grantOf({ grants }: Pick<Identities, 'grants'>, project: string, id: number) {
  const [found] = (await grants.list(project, { after: id - 1, limit: 1 })) ?? []
  return found?.id === id ? found : undefined
}

/**
 * The role of a grant and what it reaches. @param at the grant's place in the request, for messages: `grants.0.`.
 * @throws INVALID.
 */
export async function resolveGrant(
  administration: Administration,
  permit: Permit<'manage members'>,
  { role, permissions, repositories, tags }: GrantInput,
  at: string,
): Promise<{ readonly role: string; readonly reach: Reach }> {
  requireRepositories(projectOfPermit(permit), repositories, `${at}repositories`)
  requireTags(tags, `${at}tags`)
  if ((role === undefined) === (permissions === undefined))
    throw invalid({ field: `${at}role`, message: 'give either a role or permissions' })
  if (permissions) {
    if (permissions.length === 0) throw invalid({ field: `${at}permissions`, message: 'there are none' })
    await requireReach(administration, permit, [{ permissions, repositories, tags }])
    return { role: await roleOfPermissions(administration, permissions), reach: { permissions, repositories, tags } }
  }
  const name = role as string
  const allowed = await permissionsOfRole(administration.identities, name)
  if (!allowed) throw invalid({ field: `${at}role`, message: `there is no role ${name} (see berth role list)` })
  return { role: name, reach: { permissions: allowed, repositories, tags } }
}
