import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Seals what must be read again, such as keys and passwords of other systems, for where it is stored. */
export interface Sealer {
  /** @param purpose what is sealed; opened only with the same. */
  seal(purpose: string, text: string): string
  /** @throws SealBroken when it was sealed with another key or for another purpose, or was changed. */
  open(purpose: string, sealed: string): string
}

export class SealBroken extends Error {
  override readonly name = 'SealBroken'
}

const VERSION = 'v1'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM (NIST SP 800-38D), a key of its own for each purpose (HKDF, RFC 5869). @param key 32 random bytes. */
export function createSealer(key: Uint8Array): Sealer {
  const keyFor = (purpose: string) => new Uint8Array(hkdfSync('sha256', key, '', `berth ${VERSION} ${purpose}`, 32))
  return {
    seal(purpose, text) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', keyFor(purpose), nonce)
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${VERSION}.${sealed.toString('base64url')}`
    },
    open(purpose, sealed) {
      const [version, encoded = ''] = sealed.split('.')
      const bytes = Buffer.from(encoded, 'base64url')
      if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES) throw new SealBroken('This is not sealed.')
      const decipher = createDecipheriv('aes-256-gcm', keyFor(purpose), bytes.subarray(0, NONCE_BYTES))
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString()
      } catch (cause) {
        throw new SealBroken('This was sealed with another key: is secrets.key the one it was sealed with?', { cause })
      }
    },
  }
}
