import type { Secret } from '../../platform/secrets/index.ts'
import type { Credential, CredentialScope, SystemRole } from '../../stores/metadata/index.ts'
import { conflict, denied, done, type Permit } from '../access/index.ts'
import { countedAs, hashPassword, type Principal, requireGoodPassword } from '../identity/index.ts'
import type { LimitState } from '../limits/index.ts'
import type { Administration } from './administration.ts'
import {
  type IssuedSecret,
  issueToken,
  type RotationInput,
  revokeToken,
  rotateToken,
  type TokenInput,
} from './tokens.ts'

type Own = Permit<'manage own account'>

export interface AccountView {
  readonly name: string
  readonly kind: Principal['kind']
  readonly systemRole: SystemRole | undefined
  readonly authenticatedBy: Principal['authenticatedBy']
  readonly credential: string | undefined
  readonly scope: readonly CredentialScope[] | undefined
}

/** Who the caller is. */
export async function describeAccount({ identities }: Administration, permit: Permit<'use API'>): Promise<AccountView> {
  const { name, kind, accountId, authenticatedBy, credential, scope } = permit.principal
  const isUser = kind === 'user' && accountId !== undefined
  const account = isUser ? await identities.accessFacts.account('user', accountId) : undefined
  return { name, kind, systemRole: account?.systemRole ?? undefined, authenticatedBy, credential, scope }
}

/** What is left of every limit that counts the caller. */
export function limitsOfCaller(
  { limits }: Administration,
  { principal, origin }: Permit<'use API'>,
): Promise<readonly LimitState[]> {
  return limits.limitsOf({ identity: countedAs(principal), address: origin.address })
}

/**
 * Needs the present password, whatever the caller came with; sessions of the user end.
 * @throws DENIED, CONFLICT when another source keeps the password, TOOMANYREQUESTS.
 */
export async function changePassword(
  { identities, passwords, throttle, clock }: Administration,
  permit: Own,
  { present, next }: { readonly present: Secret; readonly next: Secret },
): Promise<void> {
  const { name } = accountOf(permit)
  const { address } = permit.origin
  const known = await identities.signIns.password(name)
  if (known?.hash === undefined) throw conflict('Your password is kept elsewhere: change it there.')
  requireGoodPassword(next)
  const isRight = await throttle({ account: name, address }, async () =>
    (await passwords.verify(present, known.hash)) ? true : undefined,
  )
  if (!isRight) throw denied('The present password is wrong.')
  const passwordHash = await hashPassword(next)
  const entry = { type: 'password.change', at: clock(), kind: 'user', id: name }
  await identities.users.update(name, { passwordHash }, result => (result === 'changed' ? [done(permit, entry)] : []))
}

export function listOwnTokens({ identities }: Administration, permit: Own): Promise<readonly Credential[]> {
  return identities.credentials.list(accountOf(permit).owner)
}

/** @throws INVALID when it lives too long, or longer than the token that the caller came with; CONFLICT. */
export async function createOwnToken(
  administration: Administration,
  permit: Own,
  input: TokenInput,
): Promise<IssuedSecret> {
  return issueToken(administration, permit, accountOf(permit).owner, input, await latestFor(administration, permit))
}

export async function rotateOwnToken(
  administration: Administration,
  permit: Own,
  id: string,
  input: RotationInput,
): Promise<IssuedSecret> {
  const { owner } = accountOf(permit)
  return rotateToken(administration, permit, { owner, id }, input, await latestFor(administration, permit))
}

export function revokeOwnToken(administration: Administration, permit: Own, id: string): Promise<void> {
  return revokeToken(administration, permit, { owner: accountOf(permit).owner, id })
}

/** Whoever stole a token must not make it last for ever. */
async function latestFor({ identities }: Administration, { principal }: Own): Promise<number | undefined> {
  if (principal.credential === undefined) return undefined
  return (await identities.credentials.byId(principal.credential))?.expiresAt
}

function accountOf({ principal }: Own) {
  const { kind, accountId, name } = principal
  if (kind !== 'user' || accountId === undefined)
    throw conflict('Nobody is signed in, so there is no account of your own (auth: none).')
  return { name, owner: { kind: 'user', id: accountId } as const }
}
