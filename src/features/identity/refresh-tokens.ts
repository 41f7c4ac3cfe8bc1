import type { Clock } from '../../platform/clock/index.ts'
import type { Secret } from '../../platform/secrets/index.ts'
import type { AccessFacts, Credentials } from '../../stores/metadata/index.ts'
import { type Principal, userPrincipal } from './principal.ts'
import { hashOf, newSecretToken, randomText, secretTokenKind } from './secret-token.ts'
import { Unauthenticated } from './unauthenticated.ts'

export interface RefreshTokens {
  readonly credentials: Credentials
  readonly accounts: Pick<AccessFacts, 'account'>
  readonly lifetimeMs: number
  readonly clock: Clock
}

/**
 * What `docker login` keeps instead of the password. Undefined for whoever came without one: a token can be kept itself,
 * and is what people look for when they revoke.
 */
export async function issueRefreshToken(
  { credentials, lifetimeMs, clock }: RefreshTokens,
  principal: Principal,
  client: string,
): Promise<Secret | undefined> {
  if (principal.kind !== 'user' || principal.accountId === undefined || principal.authenticatedBy !== 'password')
    return undefined
  const secret = newSecretToken('refresh')
  const createdAt = clock()
  await credentials.create({
    id: randomText(12),
    kind: 'refresh',
    owner: { kind: 'user', id: principal.accountId },
    name: client.slice(0, 100),
    secretHash: hashOf(secret.reveal()),
    scope: undefined,
    createdAt,
    expiresAt: createdAt + lifetimeMs,
  })
  return secret
}

/** Who the token was issued to. @throws Unauthenticated. */
export async function redeemRefreshToken(
  { credentials, accounts, clock }: RefreshTokens,
  secret: Secret,
): Promise<Principal> {
  const known = secretTokenKind(secret.reveal()) === 'refresh' && (await credentials.find(hashOf(secret.reveal())))
  const isValid = known && known.kind === 'refresh' && known.revokedAt === undefined && (known.expiresAt ?? 0) > clock()
  const account = isValid && (await accounts.account('user', known.owner.id))
  if (!isValid || !account || account.state !== 'active')
    throw new Unauthenticated('The refresh token is not valid any more: sign in again.')
  return { ...userPrincipal(known.owner.id, account.name), credential: known.id }
}
