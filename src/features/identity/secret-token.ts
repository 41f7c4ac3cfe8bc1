import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Secret } from '../../platform/secrets/index.ts'

/**
 * The secrets that Berth makes: `berth_<kind>_<30 random characters><6 of a checksum>`. The prefix is what scanners for
 * leaked secrets look for, the checksum spares them and us a look-up for what only looks like one.
 */
const PREFIX = { personal: 'berth_pat_', robot: 'berth_rob_', refresh: 'berth_ref_', session: 'berth_ses_' } as const
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const RANDOM_LENGTH = 30
const CHECKSUM_LENGTH = 6

export type SecretTokenKind = keyof typeof PREFIX

/** 178 bits. */
export function newSecretToken(kind: SecretTokenKind): Secret {
  const body = PREFIX[kind] + randomText(RANDOM_LENGTH)
  return new Secret(body + checksumOf(body))
}

/** Which kind of Berth's secrets `text` is; undefined for anything else. */
export function secretTokenKind(text: string): SecretTokenKind | undefined {
  const found = Object.entries(PREFIX).find(([, prefix]) => text.startsWith(prefix))
  if (!found || text.length !== found[1].length + RANDOM_LENGTH + CHECKSUM_LENGTH) return undefined
  const body = text.slice(0, -CHECKSUM_LENGTH)
  return checksumOf(body) === text.slice(-CHECKSUM_LENGTH) ? (found[0] as SecretTokenKind) : undefined
}

/** How a secret is stored: as random as it is, a plain hash cannot be searched. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

export function newPassword(): Secret {
  return new Secret(randomText(24))
}

/** Letters and digits, each as likely as any other. */
export function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 4 * ALPHABET.length && text.length < length) text += ALPHABET[byte % ALPHABET.length]
    }
  }
  return text
}

function checksumOf(body: string): string {
  let rest = crc32(body)
  let text = ''
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    text = ALPHABET[rest % ALPHABET.length] + text
    rest = Math.floor(rest / ALPHABET.length)
  }
  return text
}
