import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { Clock } from '../../platform/clock/index.ts'
import type { Sealer } from '../../platform/secrets/index.ts'
import type { SigningKeyRecord, SigningKeys } from '../../stores/metadata/index.ts'

const ALGORITHM = 'ES256'
const PURPOSE = 'signing key'
const DAY_MS = 24 * 3600 * 1000
/** A key signs for so long, and what it signed is believed for a day more. */
export const ROTATION_MS = 30 * DAY_MS
export const OVERLAP_MS = DAY_MS
/** A replica knows of a key that another one made when it sees a token of it, or after this. */
const LOOK_AGAIN_MS = 60_000
/** Tokens of unknown keys make it look at most this often. */
const LOOK_AT_MOST_MS = 1000

interface Key {
  readonly id: string
  readonly publicKey: JWK
  readonly sign: CryptoKey
  readonly verify: CryptoKey
  readonly isRetired: boolean
}

/** Signs and verifies JSON Web Tokens (RFC 7519) and bytes with the keys that all replicas share. */
export class Signing {
  readonly #store: SigningKeys
  readonly #sealer: Sealer
  readonly #clock: Clock
  #keys: readonly Key[] = []
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(store: SigningKeys, sealer: Sealer, clock: Clock) {
    this.#store = store
    this.#sealer = sealer
    this.#clock = clock
  }

  /** Makes a key when there is none or the newest is old, and removes those that nothing is believed of any more. */
  async rotate(): Promise<void> {
    const now = this.#clock()
    const newest = (await this.#store.list()).find(key => key.retiredAt === undefined)
    if (!newest || newest.createdAt < now - ROTATION_MS) await this.#store.rotate(await this.#newKey(now), newest?.id)
    await this.#store.removeRetired(now - OVERLAP_MS)
    await this.#load()
  }

  /** @throws when there is no key: {@link rotate} makes one. */
  async sign(claims: JWTPayload, type: string): Promise<string> {
    const key = await this.#current()
    return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid: key.id, typ: type }).sign(key.sign)
  }

  /**
   * The claims, when the token is one of `type` that these keys signed, for this audience, and is valid now. The key is
   * chosen by its id from our own keys only, and the algorithm is fixed (RFC 8725; CVE-2025-24976).
   */
  async verify(token: string, { type, issuer, audience }: { type: string; issuer: string; audience: string }) {
    const { payload } = await jwtVerify(
      token,
      async header => {
        const key = await this.#byId(header.kid ?? '')
        if (!key) throw new Error('the token was signed with a key that is not known here')
        return key.verify
      },
      {
        algorithms: [ALGORITHM],
        typ: type,
        issuer,
        audience,
        requiredClaims: ['exp', 'iat', 'sub', 'jti'],
        currentDate: new Date(this.#clock()),
      },
    )
    return payload
  }

  /** RFC 7517: everybody may check what was signed here. */
  async publicKeys(): Promise<{ readonly keys: readonly JWK[] }> {
    await this.#refresh(LOOK_AGAIN_MS)
    return { keys: this.#keys.map(({ id, publicKey }) => ({ ...publicKey, kid: id, alg: ALGORITHM, use: 'sig' })) }
  }

  /** ECDSA P-256 over SHA-256, as IEEE P1363 bytes. */
  async signBytes(bytes: Uint8Array<ArrayBuffer>): Promise<{ keyId: string; publicKey: JWK; signature: Uint8Array }> {
    const key = await this.#current()
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key.sign, bytes)
    return { keyId: key.id, publicKey: key.publicKey, signature: new Uint8Array(signature) }
  }

  async #current(): Promise<Key> {
    await this.#refresh(LOOK_AGAIN_MS)
    const key = this.#keys.find(({ isRetired }) => !isRetired)
    if (!key) throw new Error('There is no key to sign with.')
    return key
  }

  async #byId(id: string): Promise<Key | undefined> {
    await this.#refresh(LOOK_AGAIN_MS)
    const find = () => this.#keys.find(key => key.id === id)
    if (!find()) await this.#refresh(LOOK_AT_MOST_MS)
    return find()
  }

  async #refresh(afterMs: number): Promise<void> {
    if (performance.now() - this.#lookedAt >= afterMs) await this.#load()
  }

  async #load(): Promise<void> {
    this.#lookedAt = performance.now()
    const known = new Map(this.#keys.map(key => [key.id, key]))
    const records = await this.#store.list()
    this.#keys = await Promise.all(
      records.map(async record => {
        const isRetired = record.retiredAt !== undefined
        const key = known.get(record.id)
        return key ? { ...key, isRetired } : this.#open(record)
      }),
    )
  }

  async #open({ id, publicKey, privateKey, retiredAt }: SigningKeyRecord): Promise<Key> {
    const jwk: JWK = JSON.parse(publicKey)
    const secret: JWK = JSON.parse(this.#sealer.open(PURPOSE, privateKey))
    return {
      id,
      publicKey: jwk,
      sign: (await importJWK(secret, ALGORITHM)) as CryptoKey,
      verify: (await importJWK(jwk, ALGORITHM)) as CryptoKey,
      isRetired: retiredAt !== undefined,
    }
  }

  async #newKey(now: number): Promise<Omit<SigningKeyRecord, 'retiredAt'>> {
    const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
    return {
      id: crypto.randomUUID(),
      publicKey: JSON.stringify(await exportJWK(publicKey)),
      privateKey: this.#sealer.seal(PURPOSE, JSON.stringify(await exportJWK(privateKey))),
      createdAt: now,
    }
  }
}
