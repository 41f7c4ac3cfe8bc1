import type { CredentialScope } from '../../stores/metadata/index.ts'
import { BUILT_IN_ROLES, denied, isPermission, type Permission, type Permit, projectOfPermit } from '../access/index.ts'
import type { Administration } from './administration.ts'

/** What somebody may do, and where: globs over repositories and tags. */
export interface Reach {
  readonly permissions: readonly Permission[]
  readonly repositories: string
  readonly tags: string
}

type Asked = Pick<Administration, 'access' | 'identities'>
type InProject = Permit<'manage members' | 'manage policy'>

/**
 * Nobody gives away what they do not have, and that goes for the token they came with too.
 * @throws DENIED naming what is missing.
 */
export async function requireReach(asked: Asked, permit: InProject, wanted: readonly Reach[]): Promise<void> {
  const held = await reachOf(asked, permit)
  if (held === 'everything') return
  for (const { permissions, repositories, tags } of wanted) {
    const missing = permissions.filter(
      permission =>
        !held.some(
          reach =>
            reach.permissions.includes(permission) &&
            covers(reach.repositories, repositories) &&
            coversTags(reach.tags, tags),
        ),
    )
    if (missing.length > 0)
      throw denied(
        `This takes ${missing.join(', ')} for repositories ${repositories} and tags ${tags}, which you do not have there yourself.`,
      )
  }
}

/** What a robot of the permit's project may do there. */
export async function reachOfRobot({ identities }: Asked, permit: InProject, robotId: number) {
  const project = await identities.accessFacts.project(projectOfPermit(permit))
  return project ? granted(await identities.accessFacts.grants('robot', robotId, project.id)) : []
}

async function reachOf({ access, identities }: Asked, permit: InProject): Promise<readonly Reach[] | 'everything'> {
  const { kind, accountId, scope } = permit.principal
  if (access.mode === 'open' || kind === 'system') return 'everything'
  const { accessFacts } = identities
  if ((kind !== 'user' && kind !== 'robot') || accountId === undefined) return []
  const account = await accessFacts.account(kind, accountId)
  if (account?.systemRole === 'administrator') {
    if (!scope) return 'everything'
    return scope.map(({ repositories, permissions }) => ({
      repositories,
      permissions: permissions.filter(isPermission),
      tags: '*',
    }))
  }
  const project = await accessFacts.project(projectOfPermit(permit))
  if (!project) return []
  const held = granted(await accessFacts.grants(kind, accountId, project.id))
  return scope ? held.map(reach => narrowed(reach, scope)) : held
}

function narrowed(reach: Reach, scope: readonly CredentialScope[]): Reach {
  const permissions = reach.permissions.filter(permission =>
    scope.some(part => part.permissions.includes(permission) && covers(part.repositories, reach.repositories)),
  )
  return { ...reach, permissions }
}

function granted(
  rows: readonly {
    readonly role: string
    readonly permissions: string | null
    readonly repositories: string
    readonly tags: string
  }[],
): readonly Reach[] {
  return rows.map(({ role, permissions, repositories, tags }) => ({
    repositories,
    tags,
    permissions: Object.hasOwn(BUILT_IN_ROLES, role)
      ? BUILT_IN_ROLES[role as keyof typeof BUILT_IN_ROLES]
      : (JSON.parse(permissions ?? '[]') as string[]).filter(isPermission),
  }))
}

/** Does `outer` stand for all that `inner` stands for? False when that is not plain to see. */
export function covers(outer: string, inner: string): boolean {
  if (outer === inner || outer === '**') return true
  return outer.endsWith('/**') && inner.startsWith(outer.slice(0, -2))
}

function coversTags(outer: string, inner: string): boolean {
  return outer === inner || outer === '*' || outer === '**'
}
