import type { Clock } from '../../platform/clock/index.ts'
import { Secret } from '../../platform/secrets/index.ts'
import type { AccessFacts, Credential, Credentials, SignIns } from '../../stores/metadata/index.ts'
import { admit, type MappedSource } from './admit.ts'
import { askInTurn, TokenRefused } from './external/index.ts'
import type { IdentityUses } from './identity-uses.ts'
import type { PasswordVerifier } from './passwords.ts'
import { ANONYMOUS, type Principal, userPrincipal } from './principal.ts'
import type { RegistryTokens } from './registry-tokens.ts'
import { hashOf, secretTokenKind } from './secret-token.ts'
import { type SignInObserver, toldRefusal } from './sign-in-observer.ts'
import { Unauthenticated } from './unauthenticated.ts'

/**
 * Keeps those away who try many passwords: `check` is asked only when it is their turn, and undefined counts as wrong.
 * @throws TOOMANYREQUESTS with Retry-After; what `check` throws, which counts as nothing.
 */
export type SignInThrottle = <Result>(
  attempt: { readonly account: string; readonly address: string },
  check: () => Promise<Result | undefined>,
) => Promise<Result | undefined>

/** Turns an identity token of a pipeline into who it is; undefined when that is no such token. @throws Unauthenticated. */
export type IdentityTokens = (token: Secret) => Promise<Principal | undefined>

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
  /** What the project that had the name is called now; undefined when none had it. */
  readonly renamedProject: (name: string) => Promise<string | undefined>
  readonly clock: Clock
}

export interface SignInAttempt {
  /** Of the `Authorization` header. */
  readonly authorization: string | null
  /** Of the client; read only when it counts. */
  readonly origin: { readonly address: string }
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
  attempt: Pick<SignInAttempt, 'origin' | 'observe'>,
): Promise<Principal> {
  const { throttle } = authentication
  if (secretTokenKind(password.reveal())) return withToken(authentication, name, password, attempt)
  if (isWebToken(password)) return signInPipeline(authentication, password, attempt)
  const account = { account: name, address: attempt.origin.address }
  const principal = await toldRefusal({ name, observe: attempt.observe }, async () => {
    const found = await throttle(account, () => byPassword(authentication, name, password))
    if (!found) throw new Unauthenticated('The user name or the password is wrong.')
    await requireActive(authentication, found)
    return found
  })
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
  const identity = await askInTurn(
    sources.map(source => source.passwords),
    name,
    password,
  )
  const rules = sources.find(source => source.passwords.name === identity?.source)?.rules
  if (!identity || !rules) return undefined
  return admit(signIns, { identity, rules }, clock())
}

/** Three parts in Base64url, the first of which begins as a JSON object does. */
function isWebToken(password: Secret): boolean {
  return /^ey[\w-]+\.[\w-]+\.[\w-]*$/.test(password.reveal())
}

/** With the identity token itself, or with what Berth gave for it. */
export async function signInPipeline(
  { identityTokens, tokens }: Pick<Authentication, 'identityTokens' | 'tokens'>,
  password: Secret,
  { observe }: Pick<SignInAttempt, 'observe'>,
): Promise<Principal> {
  if (tokens.isOwn(password.reveal())) {
    const principal = await tokens.verify(password.reveal())
    if (!principal.access) return principal
    throw new Unauthenticated('This token is for one registry client and no password: sign in with your own.')
  }
  try {
    const principal = await identityTokens(password)
    if (!principal) throw new Unauthenticated('Nobody here trusts the issuer of this token.')
    observe({ principal, outcome: 'success' })
    return principal
  } catch (error) {
    if (error instanceof Unauthenticated) {
      const reason = error.cause instanceof TokenRefused ? error.cause.recorded : error.message
      observe({ principal: { ...ANONYMOUS, name: 'pipeline' }, outcome: 'denied', reason })
    }
    throw error
  }
}

async function withToken(
  authentication: Authentication,
  name: string | undefined,
  secret: Secret,
  { observe }: Pick<SignInAttempt, 'observe'>,
): Promise<Principal> {
  const { credentials, accounts, clock, uses } = authentication
  const credential = await credentials.find(hashOf(secret.reveal()))
  if (!credential || (credential.kind !== 'personal' && credential.kind !== 'robot')) {
    // Not counted as an attempt: 178 random bits cannot be guessed, and a program that goes on with a token of
    // yesterday must not lock out the people behind its address.
    observe({ principal: ANONYMOUS, outcome: 'denied', reason: 'the token is not known' })
    throw new Unauthenticated('There is no such token: it was never made here, or was removed.')
  }
  requireValid(authentication, credential)
  const { kind, id: accountId } = credential.owner
  const account = await accounts.account(kind, accountId)
  if (!account) throw new Unauthenticated('The account of this token is gone.')
  const isNamed = name === undefined || name === account.name || name === 'token'
  if (!isNamed && !(kind === 'robot' && (await isFormerName(authentication, name, account.name)))) {
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

/** A robot of a project that was renamed goes on with the name that its pipelines have. */
async function isFormerName({ renamedProject }: Authentication, name: string, present: string): Promise<boolean> {
  const plus = name.indexOf('+')
  const project = plus < 0 ? undefined : await renamedProject(name.slice(0, plus))
  return project !== undefined && `${project}${name.slice(plus)}` === present
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
