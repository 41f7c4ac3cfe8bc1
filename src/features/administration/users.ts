import type { Secret } from '../../platform/secrets/index.ts'
import type { IdentityState, SystemRole, User } from '../../stores/metadata/index.ts'
import { conflict, difference, done, notFound, type Permit, refused } from '../access/index.ts'
import { hashPassword, parseUserName, requireGoodPassword } from '../identity/index.ts'
import type { Administration, PageOf } from './administration.ts'

type Manage = Permit<'manage registry'>

export interface UserInput {
  readonly name: string
  readonly displayName?: string | undefined
  readonly email?: string | undefined
  readonly systemRole?: SystemRole | undefined
  readonly password?: Secret | undefined
}

/** Null takes a value away. */
export interface UserUpdate {
  readonly displayName?: string | null | undefined
  readonly email?: string | null | undefined
  readonly systemRole?: SystemRole | null | undefined
  readonly state?: IdentityState | undefined
  readonly password?: Secret | undefined
}

const LAST = 'This is the last administrator who can sign in: make another one first.'

export function listUsers(
  { identities }: Administration,
  _permit: Permit<'see registry'>,
  page: PageOf<string>,
): Promise<readonly User[]> {
  return identities.users.list(page)
}

export async function findUser({ identities }: Administration, _permit: Permit<'see registry'>, name: string) {
  return (await identities.users.find(name)) ?? missing(name)
}

/** @throws NAME_INVALID, CONFLICT, DENIED (the password). */
export async function createUser({ identities, clock }: Administration, permit: Manage, user: UserInput) {
  const name = parseUserName(user.name)
  const { displayName, email, systemRole, password } = user
  if (password) requireGoodPassword(password)
  const passwordHash = password && (await hashPassword(password))
  const now = clock()
  const detail = { systemRole: systemRole ?? null, hasPassword: password !== undefined }
  const created = await identities.users.create({ name, displayName, email, systemRole, passwordHash, now }, made =>
    made ? [done(permit, { type: 'user.create', at: now, kind: 'user', id: name, detail })] : [],
  )
  if (!created) throw conflict(`There is a user ${name} already.`)
  return created
}

/** @throws NOT_FOUND, CONFLICT for the last administrator and for the password of a user of another source. */
export async function changeUser(
  { identities, clock }: Administration,
  permit: Manage,
  name: string,
  { password, ...change }: UserUpdate,
): Promise<User> {
  const before = await identities.users.find(name)
  if (!before) return missing(name)
  if (password) {
    requireGoodPassword(password)
    if (before.source !== 'local') throw conflict(`${before.source} keeps the password of ${name}: change it there.`)
    // Whoever came by with a stolen token must not lock the owner out of the account.
    if (permit.principal.kind === 'user' && permit.principal.accountId === before.id)
      throw conflict('This is your own account: change your password with the present one (berth user password).')
  }
  const passwordHash = password && (await hashPassword(password))
  const { displayName, email, systemRole, state } = before
  const detail = {
    ...difference({ displayName, email, systemRole, state }, { ...change }),
    ...(password ? { password: 'changed' } : {}),
  }
  const entry = { type: 'user.update', at: clock(), kind: 'user', id: name, detail }
  const outcome = await identities.users.update(name, { ...change, passwordHash }, result => {
    if (result === 'unknown') return []
    return [result === 'changed' ? done(permit, entry) : refused(permit, entry, LAST)]
  })
  if (outcome === 'last administrator') throw conflict(LAST)
  return (await identities.users.find(name)) ?? missing(name)
}

/** With memberships, grants and tokens. @throws NOT_FOUND, CONFLICT for the last administrator. */
export async function removeUser({ identities, clock }: Administration, permit: Manage, name: string): Promise<void> {
  const entry = { type: 'user.delete', at: clock(), kind: 'user', id: name }
  const outcome = await identities.users.remove(name, result => {
    if (result === 'unknown') return []
    return [result === 'changed' ? done(permit, entry) : refused(permit, entry, LAST)]
  })
  if (outcome === 'unknown') missing(name)
  if (outcome === 'last administrator') throw conflict(LAST)
}

function missing(name: string): never {
  throw notFound(`user ${name}`)
}
