import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload } from 'jose'
import type { Clock } from '../../platform/clock/index.ts'
import type { AuthenticatedBy, Principal, PrincipalKind, TokenAccess } from './principal.ts'
import type { Signing } from './signing.ts'
import { Unauthenticated } from './unauthenticated.ts'

/** RFC 9068 has it so that no other token of the same issuer can be taken for one of these. */
const TYPE = 'at+jwt'
const REMEMBERED = 10_000

export interface IssuedToken {
  readonly token: string
  readonly issuedAt: number
  readonly expiresInSeconds: number
}

export interface TokenSettings {
  /** `iss` and `aud`: the name of this registry's service. */
  readonly service: string
  readonly lifetimeSeconds: number
}

interface Remembered {
  readonly principal: Principal
  readonly expiresAt: number
}

/**
 * Short-lived tokens for one registry client, as Docker's token specification has them
 * (https://distribution.github.io/distribution/spec/auth/jwt/). A token restricts: what its bearer may do is asked anew
 * for each request, so that whoever lost a right, or the credential behind the token, has lost it.
 */
export class RegistryTokens {
  readonly #signing: Signing
  readonly #settings: TokenSettings
  readonly #clock: Clock
  /** A signature takes longer to verify than all the rest of a pull; what was verified stays so until it expires. */
  readonly #verified = new Map<string, Remembered>()

  constructor(signing: Signing, settings: TokenSettings, clock: Clock) {
    this.#signing = signing
    this.#settings = settings
    this.#clock = clock
  }

  /** For a registry client. It ends when what it was issued for does, or before. */
  issue(principal: Principal, access: readonly TokenAccess[]): Promise<IssuedToken> {
    return this.#issue(principal, this.#settings.lifetimeSeconds, access)
  }

  /** For whatever the principal may do, until its proof ends: it is what the principal gives for a password. */
  async issueWhole(principal: Principal & { readonly until: number }): Promise<IssuedToken> {
    return this.#issue(principal, Number.POSITIVE_INFINITY, undefined)
  }

  async #issue(
    principal: Principal,
    mostSeconds: number,
    access: readonly TokenAccess[] | undefined,
  ): Promise<IssuedToken> {
    const issuedAt = Math.floor(this.#clock() / 1000)
    const left = principal.until === undefined ? mostSeconds : Math.ceil((principal.until - this.#clock()) / 1000)
    const expiresInSeconds = Math.min(mostSeconds, left)
    const { service } = this.#settings
    const claims: JWTPayload = {
      iss: service,
      aud: service,
      sub: principal.id,
      jti: crypto.randomUUID(),
      iat: issuedAt,
      nbf: issuedAt,
      exp: issuedAt + expiresInSeconds,
      ...(access ? { access } : {}),
      who: {
        kind: principal.kind,
        name: principal.name,
        by: principal.authenticatedBy,
        ...(principal.accountId === undefined ? {} : { account: principal.accountId }),
        ...(principal.credential === undefined ? {} : { credential: principal.credential }),
        ...(principal.rules === undefined ? {} : { rules: principal.rules }),
        ...(principal.claims === undefined ? {} : { claims: principal.claims }),
      },
    }
    return {
      token: await this.#signing.sign(claims, TYPE),
      issuedAt: issuedAt * 1000,
      expiresInSeconds,
    }
  }

  /** Does it say that it is one of these? It still has to be verified. */
  isOwn(token: string): boolean {
    try {
      return decodeProtectedHeader(token).typ === TYPE && decodeJwt(token).iss === this.#settings.service
    } catch (error) {
      if (error instanceof TypeError || error instanceof errors.JOSEError) return false
      throw error
    }
  }

  /** Who a token was issued to that was verified before and has not expired. */
  known(token: string): Principal | undefined {
    const known = this.#verified.get(token)
    if (!known) return undefined
    if (known.expiresAt > this.#clock()) return known.principal
    this.#verified.delete(token)
    return undefined
  }

  /** Who the token was issued to. @throws Unauthenticated. */
  async verify(token: string): Promise<Principal> {
    const known = this.known(token)
    if (known) return known
    const { service } = this.#settings
    let claims: JWTPayload
    try {
      claims = await this.#signing.verify(token, { type: TYPE, issuer: service, audience: service })
    } catch (cause) {
      throw new Unauthenticated(
        'The token is not valid here, or not any more: get a new one.',
        { error: 'invalid_token' },
        { cause },
      )
    }
    const principal = principalOf(claims)
    if (this.#verified.size >= REMEMBERED) this.#verified.clear()
    this.#verified.set(token, { principal, expiresAt: (claims.exp as number) * 1000 })
    return principal
  }
}

/** Our own signature is on it, so that it is what {@link RegistryTokens.issue} wrote. */
function principalOf(claims: JWTPayload): Principal {
  const who = claims.who as {
    kind: PrincipalKind
    name: string
    by: AuthenticatedBy
    account?: number
    credential?: string
    rules?: readonly string[]
    claims?: Record<string, string>
  }
  return {
    kind: who.kind,
    id: claims.sub as string,
    name: who.name,
    authenticatedBy: who.by,
    ...(claims.access === undefined
      ? { until: (claims.exp as number) * 1000 }
      : { access: claims.access as readonly TokenAccess[] }),
    ...(who.account === undefined ? {} : { accountId: who.account }),
    ...(who.credential === undefined ? {} : { credential: who.credential }),
    ...(who.rules === undefined ? {} : { rules: who.rules }),
    ...(who.claims === undefined ? {} : { claims: who.claims }),
  }
}
