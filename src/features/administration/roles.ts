import type { Identities } from '../../stores/metadata/index.ts'
import {
  BUILT_IN_ROLES,
  conflict,
  done,
  invalid,
  isPermission,
  notFound,
  type Permission,
  type Permit,
} from '../access/index.ts'
import type { Administration } from './administration.ts'

export interface RoleView {
  readonly name: string
  readonly permissions: readonly Permission[]
  readonly isBuiltIn: boolean
}

/** A role made by naming permissions in a grant: it has no name that anybody could give to another. */
const IMPLIED = 'permissions: '
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,62}[A-Za-z0-9])?$/

export async function listRoles({ identities }: Administration, _permit: Permit<'use API'>) {
  const builtIn = Object.entries(BUILT_IN_ROLES).map(([name, permissions]) => ({ name, permissions, isBuiltIn: true }))
  const own = (await identities.roles.list()).filter(({ name }) => !name.startsWith(IMPLIED))
  return [
    ...builtIn,
    ...own.map(({ name, permissions }) => ({ name, permissions: permissions.filter(isPermission), isBuiltIn: false })),
  ] satisfies readonly RoleView[]
}

/** Makes a role, or gives the one that is there other permissions: whoever has it has those from then on. */
export async function putRole(
  { identities, clock }: Administration,
  permit: Permit<'manage registry'>,
  { name, permissions }: { readonly name: string; readonly permissions: readonly Permission[] },
): Promise<RoleView> {
  if (!NAME.test(name))
    throw invalid({ field: 'role', message: 'expected up to 64 letters, digits, spaces, ".", "_" or "-"' })
  if (Object.hasOwn(BUILT_IN_ROLES, name)) throw conflict(`${name} is built in and stays as it is.`)
  const now = clock()
  const before = (await identities.roles.list()).find(role => role.name === name)?.permissions
  const unique = [...new Set(permissions)]
  const detail = { 'permissions.before': before ?? null, 'permissions.after': unique }
  const type = before ? 'role.update' : 'role.create'
  await identities.roles.put({ name, permissions: unique, now }, () => [
    done(permit, { type, at: now, kind: 'role', id: name, detail }),
  ])
  return { name, permissions: unique, isBuiltIn: false }
}

/** @throws NOT_FOUND, CONFLICT while somebody has it. */
export async function removeRole(
  { identities, clock }: Administration,
  permit: Permit<'manage registry'>,
  name: string,
): Promise<void> {
  const entry = { type: 'role.delete', at: clock(), kind: 'role', id: name }
  const outcome = await identities.roles.remove(name, result => (result === 'removed' ? [done(permit, entry)] : []))
  if (outcome === 'unknown') throw notFound(`role ${name} that could be removed`)
  if (outcome === 'in use') throw conflict(`Somebody has the role ${name}: take it from them first.`)
}

/** What a role allows; undefined when there is none of that name. */
export async function permissionsOfRole(
  { roles }: Pick<Identities, 'roles'>,
  name: string,
): Promise<readonly Permission[] | undefined> {
  if (Object.hasOwn(BUILT_IN_ROLES, name)) return BUILT_IN_ROLES[name as keyof typeof BUILT_IN_ROLES]
  return (await roles.list()).find(role => role.name === name)?.permissions.filter(isPermission)
}

/** The role of exactly these permissions, which is made when nobody named them before. */
export async function roleOfPermissions(
  { identities, clock }: Pick<Administration, 'identities' | 'clock'>,
  permissions: readonly Permission[],
): Promise<string> {
  const unique = [...new Set(permissions)].sort()
  const name = `${IMPLIED}${unique.join(', ')}`
  if (!(await identities.roles.list()).some(role => role.name === name))
    await identities.roles.put({ name, permissions: unique, now: clock() })
  return name
}

/** The permissions that such a role names; undefined for a role that has a name of its own. */
export function impliedPermissions(role: string): readonly string[] | undefined {
  return role.startsWith(IMPLIED) ? role.slice(IMPLIED.length).split(', ') : undefined
}
