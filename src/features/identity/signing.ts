import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { Clock } from '../../platform/clock/index.ts'
import type { Sealer } from '../../platform/secrets/index.ts'
import type { NewSigningKey, SigningKeyRecord, SigningKeys } from '../../stores/metadata/index.ts'

const ALGORITHM = 'ES256'
const PURPOSE = 'signing key'
const ECDSA = { name: 'ECDSA', hash: 'SHA-256' }
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
  readonly sign: CryptoKey | undefined
  readonly verify: CryptoKey
  readonly retiredAt: number | undefined
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

  /** Makes a key when there is none or the newest is old. */
  async rotate(): Promise<void> {
    const now = this.#clock()
    const newest = (await this.#store.list()).find(key => key.retiredAt === undefined && key.privateKey !== undefined)
    if (!newest || newest.createdAt < now - ROTATION_MS) await this.#store.rotate(await this.#newKey(now), newest?.id)
    await this.#store.forgetRetired(now - OVERLAP_MS)
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
        if (!key || !this.#isBelieved(key)) throw new Error('the token was signed with a key that is not known here')
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
    const believed = this.#keys.filter(key => this.#isBelieved(key))
    return { keys: believed.map(({ id, publicKey }) => ({ ...publicKey, kid: id, alg: ALGORITHM, use: 'sig' })) }
  }

  /** ECDSA P-256 over SHA-256, as IEEE P1363 bytes. */
  async signBytes(bytes: Uint8Array): Promise<{ keyId: string; signature: Uint8Array }> {
    const key = await this.#current()
    const signature = await crypto.subtle.sign(ECDSA, key.sign, new Uint8Array(bytes))
    return { keyId: key.id, signature: new Uint8Array(signature) }
  }

  /** Of whatever age: what {@link signBytes} signed is kept for years. False when the key is not known, too. */
  async verifyBytes(keyId: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
    const key = await this.#byId(keyId)
    if (!key) return false
    return crypto.subtle.verify(ECDSA, key.verify, new Uint8Array(signature), new Uint8Array(bytes))
  }

  #isBelieved({ retiredAt, sign }: Key): boolean {
    if (!sign) return false
    return retiredAt === undefined || retiredAt > this.#clock() - OVERLAP_MS
  }

  async #current(): Promise<Key & { readonly sign: CryptoKey }> {
    await this.#refresh(LOOK_AGAIN_MS)
    const key = this.#keys.find(({ retiredAt, sign }) => retiredAt === undefined && sign !== undefined)
    if (!key?.sign) throw new Error('There is no key to sign with.')
    return { ...key, sign: key.sign }
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
        const key = known.get(record.id)
        return key ? { ...key, retiredAt: record.retiredAt } : this.#open(record)
      }),
    )
  }

  async #open({ id, publicKey, privateKey, retiredAt }: SigningKeyRecord): Promise<Key> {
    const jwk: JWK = JSON.parse(publicKey)
    return {
      id,
      publicKey: jwk,
      sign: privateKey === undefined ? undefined : await this.#openPrivate(privateKey),
      verify: (await importJWK(jwk, ALGORITHM)) as CryptoKey,
      retiredAt,
    }
  }

  async #openPrivate(sealed: string): Promise<CryptoKey> {
    const jwk: JWK = JSON.parse(this.#sealer.open(PURPOSE, sealed))
    return (await importJWK(jwk, ALGORITHM)) as CryptoKey
  }

  async #newKey(now: number): Promise<NewSigningKey> {
    const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
    return {
      id: crypto.randomUUID(),
      publicKey: JSON.stringify(await exportJWK(publicKey)),
      privateKey: this.#sealer.seal(PURPOSE, JSON.stringify(await exportJWK(privateKey))),
      createdAt: now,
    }
  }
}
