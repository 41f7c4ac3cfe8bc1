import { createLocalJWKSet, errors, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import type { Clock } from '../../../../platform/clock/index.ts'
import { Unavailable } from '../../../../platform/outcome/index.ts'
import { fetchJson, isSecureUrl, type Requests } from '../requests.ts'
import type { TrustedIssuer } from './issuer.ts'

/** The key that a header names. @throws JWKSNoMatchingKey, Unavailable. */
export type FindKey = (header: JWSHeaderParameters) => ReturnType<ReturnType<typeof createLocalJWKSet>>

/** The keys that issuers publish. */
export interface IssuerKeys {
  of(issuer: TrustedIssuer): FindKey
}

/** A key that its issuer withdrew is believed for so long at most. */
const FRESH_MS = 600_000
/** So often at most does a token with an unknown key make us ask its issuer. */
const AGAIN_MS = 30_000

interface Known {
  readonly keys: Promise<ReturnType<typeof createLocalJWKSet>>
  readonly at: number
}

export function issuerKeys(requests: Requests, clock: Clock): IssuerKeys {
  const known = new Map<string, Known>()
  const failed = new Map<string, { readonly error: unknown; readonly at: number }>()
  const ask = (issuer: TrustedIssuer): Known['keys'] => {
    const failure = failed.get(issuer.issuer)
    if (failure && clock() - failure.at < AGAIN_MS) return Promise.reject(failure.error)
    const asked = { keys: fetchKeys(requests, issuer), at: clock() }
    known.set(issuer.issuer, asked)
    asked.keys.then(
      () => failed.delete(issuer.issuer),
      error => {
        failed.set(issuer.issuer, { error, at: clock() })
        if (known.get(issuer.issuer) === asked) known.delete(issuer.issuer)
      },
    )
    return asked.keys
  }
  return {
    of: issuer => async header => {
      const before = known.get(issuer.issuer)
      const fresh = before && clock() - before.at < FRESH_MS
      try {
        return await (await (fresh ? before.keys : ask(issuer)))(header)
      } catch (error) {
        const unknown = error instanceof errors.JWKSNoMatchingKey
        if (!unknown || !fresh || clock() - before.at < AGAIN_MS) throw error
        // Another request may have asked meanwhile.
        const now = known.get(issuer.issuer)
        return (await (now && now !== before ? now.keys : ask(issuer)))(header)
      }
    },
  }
}

async function fetchKeys(requests: Requests, issuer: TrustedIssuer): Promise<ReturnType<typeof createLocalJWKSet>> {
  const place = issuer.jwksUri ?? (await discover(requests, issuer))
  const document = await fetchJson(requests, place, issuer.ca)
  try {
    return createLocalJWKSet(document as unknown as JSONWebKeySet)
  } catch (error) {
    throw new Unavailable(`${place} holds no keys.`, { cause: error })
  }
}

/** OpenID Connect Discovery 1.0 section 4. */
async function discover(requests: Requests, { issuer, ca }: TrustedIssuer): Promise<string> {
  const document = await fetchJson(requests, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, ca)
  if (document.issuer !== issuer) throw new Unavailable(`${issuer} calls itself something else.`)
  const place = document.jwks_uri
  if (typeof place !== 'string' || !isSecureUrl(place)) throw new Unavailable(`${issuer} names no place for its keys.`)
  return place
}
