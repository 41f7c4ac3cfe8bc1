import { RegistryError } from './registry-error.ts'

declare const brand: unique symbol
/** `algorithm:encoded`, checked by {@link parseDigest}. image-spec v1.1.1 descriptor.md#digests */
export type Digest = string & { readonly [brand]: 'Digest' }
export type DigestAlgorithm = 'sha256' | 'sha512'

const WELL_FORMED = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/

export function isDigest(text: string): text is Digest {
  return WELL_FORMED.test(text)
}

export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  const algorithm = text.slice(0, Math.max(0, text.indexOf(':')))
  const expected =
    algorithm === 'sha256' || algorithm === 'sha512'
      ? `${algorithm} takes ${algorithm === 'sha256' ? 64 : 128} lower-case hexadecimal digits`
      : 'Berth knows sha256:… and sha512:…'
  throw new RegistryError('DIGEST_INVALID', `${quoted(text)} is not a digest: ${expected}.`)
}

export function parseDigestAlgorithm(text: string): DigestAlgorithm {
  if (text === 'sha256' || text === 'sha512') return text
  throw new RegistryError('DIGEST_INVALID', `Digest algorithm ${quoted(text)} is not supported: use sha256 or sha512.`)
}

export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512') ? 'sha512' : 'sha256'
}

/** The hexadecimal part. */
export function encodedOf(digest: Digest): string {
  return digest.slice(7)
}

/** A piece of the client's input for an error message, cut so that a message stays a message. */
export function quoted(text: string): string {
  return `"${text.length > 80 ? `${text.slice(0, 77)}…` : text}"`
}
