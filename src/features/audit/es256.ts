import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { CheckpointSigner, CheckpointVerifier } from './checkpoint.ts'

/** RFC 7518, section 3.4: the signature is r and s, 32 bytes each. */
const ENCODING = { dsaEncoding: 'ieee-p1363' } as const

/** A set of keys that cannot be used; the message says why. */
export class KeySetFault extends Error {
  override readonly name = 'KeySetFault'
}

/** Signs with the private key; verifies with what is known of all keys, older ones too. */
export function es256Signer(keyId: string, privateKey: KeyObject, verifier: CheckpointVerifier): CheckpointSigner {
  return {
    verify: verifier.verify,
    sign: async bytes => ({ keyId, signature: sign('sha256', bytes, { key: privateKey, ...ENCODING }) }),
  }
}

/** @param set a JSON Web Key Set (RFC 7517, section 5); keys of other kinds are left out. @throws KeySetFault. */
export function es256Verifier(set: unknown): CheckpointVerifier {
  const listed = (set as { keys?: unknown } | null)?.keys
  if (!Array.isArray(listed)) throw new KeySetFault('Expected a JSON Web Key Set: {"keys": […]}.')
  const keys = new Map<string, KeyObject>()
  for (const jwk of listed) {
    if (jwk?.kty !== 'EC' || jwk.crv !== 'P-256' || typeof jwk.kid !== 'string') continue
    const { kty, crv, x, y } = jwk
    keys.set(jwk.kid, createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }))
  }
  if (keys.size === 0) throw new KeySetFault('There is no key of ES256 with a "kid" in the set.')
  return {
    async verify(keyId, bytes, signature) {
      const key = keys.get(keyId)
      return key !== undefined && verify('sha256', bytes, { key, ...ENCODING }, signature)
    },
  }
}
