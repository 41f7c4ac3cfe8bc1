import { RegistryError } from '../../oci/index.ts'
import type { Clock } from '../../platform/clock/index.ts'
import { Secret } from '../../platform/secrets/index.ts'
import type { AccessFacts, Credential, Credentials, SignIns } from '../../stores/metadata/index.ts'
import type { IdentityUses } from './identity-uses.ts'
import type { MappedSource } from './mapped-source.ts'
import type { PasswordVerifier } from './passwords.ts'
import { ANONYMOUS, type Principal, userPrincipal } from './principal.ts'
import type { RegistryTokens } from './registry-tokens.ts'
import { hashOf, secretTokenKind } from './secret-token.ts'
import { Unauthenticated } from './unauthenticated.ts'

/** Keeps those away who try many passwords. */
export interface SignInThrottle {
  /** @throws TOOMANYREQUESTS with Retry-After. */
  before(account: string, address: string): Promise<void>
  failed(account: string, address: string): Promise<void>
  succeeded(account: string, address: string): Promise<void>
}

/** Turns an identity token of a pipeline into who it is; undefined when `token` is none of an issuer that is known. */
export type IdentityTokens = (token: Secret) => Promise<Principal | undefined>

/** What happened at a sign-in, for whoever keeps a record. */
export type SignInObserver = (event: {
  readonly principal: Principal
  readonly outcome: 'success' | 'denied'
  readonly reason?: string
}) => void

export interface Authentication {
  readonly signIns: SignIns
  readonly credentials: Credentials
  readonly accounts: Pick<AccessFacts, 'account'>
  readonly passwords: PasswordVerifier
  readonly tokens: RegistryTokens
  /** Asked in this order for whoever is no local user. */
  readonly sources: readonly MappedSource[]
  readonly identityTokens: IdentityTokens
  readonly throttle: SignInThrottle
  readonly uses: Pick<IdentityUses, 'credential' | 'user'>
  readonly clock: Clock
}

export interface SignInAttempt {
  /** Of the `Authorization` header. */
  readonly authorization: string | null
  readonly address: string
  readonly observe: SignInObserver
}

/**
 * Who is calling: by Basic (RFC 7617) with a password, a token of Berth or a pipeline's identity token, or by Bearer
 * (RFC 6750) with a registry token or one of Berth's. Whoever says nothing is anonymous.
 * @throws Unauthenticated, TOOMANYREQUESTS.
 */
export async function authenticate(authentication: Authentication, attempt: SignInAttempt): Promise<Principal> {
  const { authorization } = attempt
  if (authorization === null) return ANONYMOUS
  const space = authorization.indexOf(' ')
  const scheme = authorization.slice(0, space).toLowerCase()
  const value = authorization.slice(space + 1).trim()
  if (space > 0 && scheme === 'bearer') return bearer(authentication, value, attempt)
  if (space > 0 && scheme === 'basic') {
    const { name, password } = basicOf(value)
    return signIn(authentication, { name, password }, attempt)
  }
  throw new Unauthenticated('The Authorization header is neither Basic nor Bearer.')
}

async function bearer(authentication: Authentication, value: string, attempt: SignInAttempt): Promise<Principal> {
  if (secretTokenKind(value)) return withToken(authentication, undefined, new Secret(value), attempt)
  const principal = await authentication.tokens.verify(value)
  if (principal.credential === undefined) return principal
  // The token behind it may have been revoked since, or restricted.
  const credential = await authentication.credentials.byId(principal.credential)
  requireValid(authentication, credential)
  return credential?.scope ? { ...principal, scope: credential.scope } : principal
}

/** @throws Unauthenticated with the same words for an unknown name and a wrong password. */
export async function signIn(
  authentication: Authentication,
  { name, password }: { readonly name: string; readonly password: Secret },
  attempt: Pick<SignInAttempt, 'address' | 'observe'>,
): Promise<Principal> {
  const { throttle } = authentication
  if (secretTokenKind(password.reveal())) return withToken(authentication, name, password, attempt)
  const pipeline = await authentication.identityTokens(password)
  if (pipeline) return pipeline
  await throttle.before(name, attempt.address)
  const principal = await byPassword(authentication, name, password)
  if (!principal) {
    await throttle.failed(name, attempt.address)
    const reason = 'the user name or the password is wrong'
    attempt.observe({ principal: { ...ANONYMOUS, name: name.slice(0, 255) }, outcome: 'denied', reason })
    throw new Unauthenticated('The user name or the password is wrong.')
  }
  await throttle.succeeded(name, attempt.address)
  await requireActive(authentication, principal)
  if (principal.accountId !== undefined) authentication.uses.user(principal.accountId, authentication.clock())
  attempt.observe({ principal, outcome: 'success' })
  return principal
}

async function byPassword(
  { signIns, passwords, sources, clock }: Authentication,
  name: string,
  password: Secret,
): Promise<Principal | undefined> {
  const local = await signIns.password(name)
  const isRight = await passwords.verify(password, local?.hash)
  if (local && isRight) return userPrincipal(local.id, name)
  // The name of a local user is nobody else's.
  if (local?.hash !== undefined) return undefined
  for (const source of sources) {
    const identity = await source.authenticate(name, password)
    if (!identity) continue
    const user = await signIns.external({ ...identity, systemRole: identity.systemRole, now: clock() })
    if (user === 'name taken') throw nameTaken(identity.name, source.name)
    return userPrincipal(user.id, user.name)
  }
  return undefined
}

export function nameTaken(name: string, source: string): RegistryError {
  return new RegistryError(
    'DENIED',
    `${source} knows you as ${name}, and that name belongs to an account of another source here: ask an administrator.`,
    { status: 409 },
  )
}

async function withToken(
  authentication: Authentication,
  name: string | undefined,
  secret: Secret,
  { address, observe }: Pick<SignInAttempt, 'address' | 'observe'>,
): Promise<Principal> {
  const { throttle, credentials, accounts, clock, uses } = authentication
  const credential = await credentials.find(hashOf(secret.reveal()))
  if (!credential || (credential.kind !== 'personal' && credential.kind !== 'robot')) {
    // 178 random bits cannot be guessed, but a flood of guesses costs a look-up each.
    await throttle.before('', address)
    await throttle.failed('', address)
    observe({ principal: ANONYMOUS, outcome: 'denied', reason: 'the token is not known' })
    throw new Unauthenticated('There is no such token: it was never made here, or was removed.')
  }
  requireValid(authentication, credential)
  const { kind, id: accountId } = credential.owner
  const account = await accounts.account(kind, accountId)
  if (!account) throw new Unauthenticated('The account of this token is gone.')
  if (name !== undefined && name !== account.name && name !== 'token') {
    throw new Unauthenticated(`This token does not belong to ${name}: sign in with the name it was made for.`)
  }
  const principal: Principal = {
    kind,
    id: `${kind}:${accountId}`,
    accountId,
    name: account.name,
    authenticatedBy: 'token',
    credential: credential.id,
    ...(credential.scope ? { scope: credential.scope } : {}),
  }
  await requireActive(authentication, principal)
  uses.credential(credential.id, clock())
  observe({ principal, outcome: 'success' })
  return principal
}

function requireValid({ clock }: Authentication, credential: Credential | undefined): void {
  const invalid = (why: string) => new Unauthenticated(`The token ${why}.`, { error: 'invalid_token' })
  if (!credential) throw invalid('was removed')
  if (credential.revokedAt !== undefined) throw invalid('was revoked')
  if (credential.expiresAt !== undefined && credential.expiresAt <= clock())
    throw invalid('has expired: make a new one')
}

async function requireActive({ accounts }: Authentication, { kind, accountId }: Principal): Promise<void> {
  if (accountId === undefined) return
  const account = await accounts.account(kind === 'robot' ? 'robot' : 'user', accountId)
  if (account?.state !== 'active') throw new Unauthenticated('This account is disabled.')
}

function basicOf(encoded: string): { readonly name: string; readonly password: Secret } {
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) throw new Unauthenticated('The Basic credentials are not a name and a password in Base64.')
  return { name: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) }
}
