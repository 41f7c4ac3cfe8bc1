import { createHash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import type { Claims } from '../claims.ts'
import type { TrustedIssuer } from './issuer.ts'
import type { IssuerKeys } from './keys.ts'

/** A token whose issuer vouches for what it says. */
export interface VerifiedToken {
  readonly issuer: TrustedIssuer
  readonly audience: string
  readonly subject: string
  readonly claims: Claims
  /** What makes it this token and no other: its `jti`, else the SHA-256 of the whole. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** A token that is not accepted; the message says why, and holds nothing of the token that could deceive a log. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
  /** What is not for whoever sent it: for those who read the audit log. */
  readonly recorded: string

  constructor(message: string, { recorded = message, ...options }: ErrorOptions & { readonly recorded?: string } = {}) {
    super(message, options)
    this.recorded = recorded
  }
}

/** Whether a password may be an ID token: three parts, the first two of which begin as JSON objects do. */
export function looksLikeIdToken(password: string): boolean {
  return /^ey[\w-]+\.ey[\w-]+\.[\w-]+$/.test(password)
}

/** Public keys only: "none" and secrets shared with an issuer prove nothing here. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
/** Header parameters by which a token would bring its own key (RFC 7515 section 4.1). */
const KEY_BRINGERS = ['jwk', 'jku', 'x5c', 'x5u', 'x5t', 'x5t#S256']
const SKEW_SECONDS = 30
const MOST_BYTES = 16 * 1024

export interface VerifyOptions {
  readonly issuers: readonly TrustedIssuer[]
  readonly keys: IssuerKeys
  /** Is somebody who reads this audience meant to be us? */
  readonly isAudience: (audience: string) => boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Checks everything about an ID token but whether it was used before.
 * @throws TokenRefused, or Unavailable when the issuer's keys cannot be had.
 */
export async function verifyIdToken(token: string, options: VerifyOptions): Promise<VerifiedToken> {
  if (token.length > MOST_BYTES) throw new TokenRefused('The token is too long.')
  const issuer = issuerOf(token, options.issuers)
  const payload = await verifySignature(token, issuer, options)
  const audience = soleAudience(payload)
  if (!options.isAudience(audience)) throw new TokenRefused('The token is for another audience.')
  return {
    issuer,
    audience,
    subject: payload.sub as string,
    claims: payload,
    id: payload.jti || createHash('sha256').update(token).digest('hex'),
    expiresAt: (payload.exp as number) * 1000,
  }
}

/** By what the token says before it is verified, which only chooses the keys that it is verified with. */
function issuerOf(token: string, issuers: readonly TrustedIssuer[]): TrustedIssuer {
  let header: ReturnType<typeof decodeProtectedHeader>
  let claimed: unknown
  try {
    header = decodeProtectedHeader(token)
    claimed = decodeJwt(token).iss
  } catch (error) {
    throw new TokenRefused('That is not a token.', { cause: error })
  }
  const brought = KEY_BRINGERS.filter(name => Object.hasOwn(header, name))
  if (brought.length > 0) throw new TokenRefused(`The token brings its own key (${brought.join(', ')}).`)
  if (typeof header.kid !== 'string' || header.kid === '') throw new TokenRefused('The token names no key.')
  if (header.typ !== undefined && header.typ.toUpperCase() !== 'JWT') {
    throw new TokenRefused('The token is of another type than an ID token.')
  }
  const issuer = issuers.find(candidate => candidate.issuer === claimed)
  if (!issuer) throw new TokenRefused('Nobody here trusts the issuer of the token.')
  return issuer
}

async function verifySignature(
  token: string,
  issuer: TrustedIssuer,
  { keys, now }: VerifyOptions,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys.of(issuer), {
      issuer: issuer.issuer,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp', 'iat', 'sub', 'aud'],
      maxTokenAge: issuer.maxAgeSeconds,
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(now),
    })
    if (typeof payload.sub !== 'string' || payload.sub === '') throw new TokenRefused('The token has no subject.')
    if (payload.jti !== undefined && typeof payload.jti !== 'string') throw new TokenRefused('The jti is no text.')
    return payload
  } catch (error) {
    // Of jose for a key that is too short or of the wrong kind.
    if (error instanceof TypeError) throw new TokenRefused('The key of the issuer cannot be used.', { cause: error })
    if (!(error instanceof errors.JOSEError)) throw error
    throw new TokenRefused(reasonOf(error), { cause: error })
  }
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) {
    return error.claim === 'iat' ? 'The token is too old.' : 'The token has expired.'
  }
  if (error instanceof errors.JWTClaimValidationFailed) return `The claim ${error.claim} does not hold.`
  if (error instanceof errors.JWKSNoMatchingKey) return 'The issuer of the token has no such key.'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The algorithm of the signature is not accepted.'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature of the token is wrong.'
  return 'The token is not well-formed.'
}

/** A token for several audiences could be used here by any of the others. */
function soleAudience({ aud }: JWTPayload): string {
  const [audience, ...others] = Array.isArray(aud) ? aud : [aud]
  if (typeof audience !== 'string' || audience === '') throw new TokenRefused('The token is for nobody.')
  if (others.length > 0) throw new TokenRefused('The token is for several audiences.')
  return audience
}
