import { createHmac, randomBytes } from 'node:crypto'
import { RegistryError } from '../../oci/index.ts'
import { Secret } from '../../platform/secrets/index.ts'

const LEAST_LENGTH = 12
/** Longer ones would make hashing a way to keep the server busy. */
const MOST_LENGTH = 1024
/** OWASP's password storage cheat sheet: argon2id with 19 MiB, two passes. */
const ARGON2 = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const
/** Each takes 19 MiB and a processor for some 20 ms: more at once would be a way to exhaust both. */
const AT_ONCE = 2
const REMEMBERED = 10_000

/** @throws DENIED with 400 saying what is wrong with it. */
export function requireGoodPassword(password: Secret): void {
  const { length } = password.reveal()
  if (length >= LEAST_LENGTH && length <= MOST_LENGTH) return
  throw new RegistryError('DENIED', `A password has ${LEAST_LENGTH} to ${MOST_LENGTH} characters.`, { status: 400 })
}

/** A PHC string. */
export function hashPassword(password: Secret): Promise<string> {
  return Bun.password.hash(password.reveal(), ARGON2)
}

/**
 * Verifies passwords. Clients that send theirs with every request would each time cost an argon2id, so what was found to
 * be right is remembered, by a keyed hash of this process, for as long as the stored hash is the same.
 */
export class PasswordVerifier {
  readonly #key = randomBytes(32)
  readonly #right = new Set<string>()
  /** So that a name nobody has takes as long as one with a wrong password. */
  readonly #decoy = hashPassword(new Secret(randomBytes(16).toString('hex')))
  #running = 0
  readonly #waiting: (() => void)[] = []

  /** @param hash undefined when there is no such user: then false, as late as with a wrong password. */
  async verify(password: Secret, hash: string | undefined): Promise<boolean> {
    const text = password.reveal()
    if (text === '' || text.length > MOST_LENGTH) return false
    const proof = hash && createHmac('sha256', this.#key).update(`${hash}\0${text}`).digest('base64')
    if (proof && this.#right.has(proof)) return true
    const against = hash ?? (await this.#decoy)
    const isRight = (await this.#inTurn(() => Bun.password.verify(text, against))) && hash !== undefined
    if (isRight && proof) {
      if (this.#right.size >= REMEMBERED) this.#right.clear()
      this.#right.add(proof)
    }
    return isRight
  }

  async #inTurn(work: () => Promise<boolean>): Promise<boolean> {
    if (this.#running >= AT_ONCE) await new Promise<void>(resolve => this.#waiting.push(resolve))
    else this.#running += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }
}
