import { beforeEach, describe, expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import {
  createLocalJWKSet,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
  UnsecuredJWT,
} from 'jose'
import { createSealer } from '../../platform/secrets/index.ts'
import type { SigningKeyRecord, SigningKeys } from '../../stores/metadata/index.ts'
import { userPrincipal } from './principal.ts'
import { RegistryTokens } from './registry-tokens.ts'
import { OVERLAP_MS, ROTATION_MS, Signing } from './signing.ts'
import { Unauthenticated } from './unauthenticated.ts'

const START = 1_700_000_000_000
const ADA = userPrincipal(7, 'ada')
const ACCESS = [{ type: 'repository', name: 'shop/web', actions: ['pull'] }]
const SETTINGS = { service: 'berth', lifetimeSeconds: 300 }

/** As the database keeps them; its own promises are in the contract of the tables. */
function keyTable(): SigningKeys {
  let rows: readonly SigningKeyRecord[] = []
  return {
    list: async () => rows.toSorted((one, other) => other.createdAt - one.createdAt),
    async rotate(key, newest) {
      const current = rows.find(row => row.retiredAt === undefined)
      if (current?.id !== newest) return false
      rows = [
        ...rows.map(row => ({ ...row, retiredAt: row.retiredAt ?? key.createdAt })),
        { ...key, retiredAt: undefined },
      ]
      return true
    },
    async forgetRetired(before) {
      rows = rows.map(row =>
        row.retiredAt !== undefined && row.retiredAt < before ? { ...row, privateKey: undefined } : row,
      )
    },
  }
}

let now: number
let table: SigningKeys
const sealer = createSealer(randomBytes(32))
const clock = () => now
const open = (over = table) => {
  const signing = new Signing(over, sealer, clock)
  return { signing, tokens: new RegistryTokens(signing, SETTINGS, clock) }
}
beforeEach(() => {
  now = START
  table = keyTable()
})

describe('keys:', () => {
  test('the first start makes one, and one start after another makes no more', async () => {
    await open().signing.rotate()
    await open().signing.rotate()
    expect(await table.list()).toHaveLength(1)
  })

  test('two instances that start at once agree on one, and believe each other', async () => {
    const [one, other] = [open(), open()]
    await Promise.all([one.signing.rotate(), other.signing.rotate()])
    expect(await table.list()).toHaveLength(1)
    const { token } = await one.tokens.issue(ADA, ACCESS)
    expect(await other.tokens.verify(token)).toMatchObject({ id: 'user:7', name: 'ada', access: ACCESS })
  })

  test('a token that was signed before a rotation is believed after it, also by whoever started since', async () => {
    const one = open()
    await one.signing.rotate()
    now = START + ROTATION_MS - 1000
    const { token } = await one.tokens.issue(ADA, ACCESS)
    now = START + ROTATION_MS + 1000
    await one.signing.rotate()
    expect((await table.list()).map(key => key.retiredAt !== undefined)).toEqual([false, true])
    const other = open()
    await other.signing.rotate()
    expect(await other.tokens.verify(token)).toMatchObject({ id: 'user:7' })
    const after = await one.tokens.issue(ADA, ACCESS)
    expect(headerOf(after.token).kid).not.toBe(headerOf(token).kid as string)
  })

  test('an instance that did not rotate believes what another signed with the new key', async () => {
    const [one, other] = [open(), open()]
    await one.signing.rotate()
    await other.signing.rotate()
    now = START + ROTATION_MS + 1000
    await one.signing.rotate()
    const { token } = await one.tokens.issue(ADA, ACCESS)
    // It looks for keys that it does not know once a second at most.
    await Bun.sleep(1100)
    expect(await other.tokens.verify(token)).toMatchObject({ id: 'user:7' })
  })

  test('the private half of a retired key goes when nothing that it signed can be valid, and what it signed is not believed', async () => {
    const one = open()
    await one.signing.rotate()
    const [first] = await table.list()
    const forever = await one.signing.sign(
      { iss: 'berth', aud: 'berth', sub: 'user:7', jti: 'x', iat: START / 1000, exp: START / 1000 + 10 ** 8, who: {} },
      'at+jwt',
    )
    now = START + ROTATION_MS + 1000
    await one.signing.rotate()
    now += OVERLAP_MS + 1000
    await one.signing.rotate()
    expect((await table.list()).find(({ id }) => id === first?.id)?.privateKey).toBeUndefined()
    expect((await one.signing.publicKeys()).keys.map(({ kid }) => kid)).not.toContain(first?.id as string)
    const error = await one.tokens.verify(forever).catch(thrown => thrown)
    expect(error).toBeInstanceOf(Unauthenticated)
  })

  test('the keys that are published are public, and verify what was signed', async () => {
    const { signing, tokens } = open()
    await signing.rotate()
    const { token } = await tokens.issue(ADA, ACCESS)
    const { keys } = await signing.publicKeys()
    expect(keys.map(key => Object.keys(key).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']])
    const options = { issuer: 'berth', audience: 'berth', currentDate: new Date(now) }
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [...keys] }), options)
    expect(payload.sub).toBe('user:7')
  })

  test('a private key is stored sealed', async () => {
    await open().signing.rotate()
    const [key] = await table.list()
    expect(key?.privateKey).toMatch(/^v1\./)
    expect(JSON.parse(key?.publicKey as string)).not.toHaveProperty('d')
    await expect(new Signing(table, createSealer(randomBytes(32)), clock).rotate()).rejects.toThrow('another key')
  })
})

describe('a registry token is refused:', () => {
  const refused = async (token: string, { tokens } = instance) => {
    const error = await tokens.verify(token).catch(thrown => thrown)
    expect(error).toBeInstanceOf(Unauthenticated)
    expect((error as Unauthenticated).challenge).toEqual({ error: 'invalid_token' })
  }
  let instance: ReturnType<typeof open>
  let good: string
  let publicKey: JWK
  beforeEach(async () => {
    instance = open()
    await instance.signing.rotate()
    good = (await instance.tokens.issue(ADA, ACCESS)).token
    publicKey = JSON.parse((await table.list())[0]?.publicKey as string)
  })
  const claims = (change: JWTPayload = {}): JWTPayload => ({ ...payloadOf(good), ...change })

  test('the good one is not', async () => {
    expect(await instance.tokens.verify(good)).toMatchObject({ id: 'user:7', name: 'ada' })
    expect(await instance.tokens.verify(await instance.signing.sign(claims(), 'at+jwt'))).toMatchObject({
      id: 'user:7',
    })
  })

  test('with no signature: alg none', async () => {
    await refused(new UnsecuredJWT(claims()).encode())
    const header = encode({ ...headerOf(good), alg: 'none' })
    await refused(`${header}.${good.split('.')[1]}.`)
    await refused(`${header}.${good.split('.')[1]}.${good.split('.')[2]}`)
    await refused(`${good.split('.').slice(0, 2).join('.')}.`)
  })

  test('signed with HMAC and our public key as its secret', async () => {
    const pem = await exportSPKI((await importJWK(publicKey, 'ES256')) as CryptoKey)
    for (const secret of [pem, JSON.stringify(publicKey), publicKey.x as string]) {
      const header = { alg: 'HS256', typ: 'at+jwt', kid: headerOf(good).kid as string }
      await refused(await new SignJWT(claims()).setProtectedHeader(header).sign(new TextEncoder().encode(secret)))
    }
  })

  test('signed with a key of one’s own, whatever the header says of it', async () => {
    const own = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(own.publicKey)
    const kid = headerOf(good).kid as string
    for (const header of [
      { kid },
      { kid: 'mine', jwk },
      { kid, jwk },
      { jwk },
      { kid, jku: 'http://127.0.0.1:1/keys.json' },
      { kid: 'http://127.0.0.1:1/keys.json' },
      { kid: '../../../../dev/null' },
      { kid: "' or 1=1 --" },
      { kid: '' },
      { kid, x5c: ['MIIB'] },
      { kid, crit: ['b64'], b64: true },
      {},
    ]) {
      const protectedHeader = { alg: 'ES256', typ: 'at+jwt', ...header }
      await refused(await new SignJWT(claims()).setProtectedHeader(protectedHeader).sign(own.privateKey))
    }
  })

  test('for another audience, of another issuer, or of another type', async () => {
    for (const change of [
      { aud: 'another' },
      { aud: [] },
      { iss: 'another' },
      { iss: undefined },
      { aud: undefined },
      { sub: undefined },
      { jti: undefined },
    ])
      await refused(await instance.signing.sign(claims(change as JWTPayload), 'at+jwt'))
    for (const type of ['JWT', 'jwt', 'id_token', '']) await refused(await instance.signing.sign(claims(), type))
  })

  test('expired, not valid yet, or without an end', async () => {
    const seconds = START / 1000
    await refused(await instance.signing.sign(claims({ exp: seconds }), 'at+jwt'))
    await refused(await instance.signing.sign(claims({ exp: seconds - 1 }), 'at+jwt'))
    await refused(await instance.signing.sign(claims({ nbf: seconds + 60 }), 'at+jwt'))
    await refused(await instance.signing.sign(claims({ exp: undefined } as unknown as JWTPayload), 'at+jwt'))
  })

  test('when its time is over, although it was believed before', async () => {
    await instance.tokens.verify(good)
    now += 300_000
    await refused(good)
  })

  test('of another Berth, which has the same issuer and audience', async () => {
    const other = open(keyTable())
    await other.signing.rotate()
    await refused((await other.tokens.issue(ADA, ACCESS)).token)
    const stolen = { ...headerOf(good), alg: 'ES256' }
    const pair = await generateKeyPair('ES256')
    await refused(await new SignJWT(claims()).setProtectedHeader(stolen).sign(pair.privateKey))
  })

  test('with what it says changed', async () => {
    const [header, , signature] = good.split('.')
    await refused(`${header}.${encode(claims({ sub: 'user:1' }))}.${signature}`)
    await refused(
      `${header}.${encode(claims({ access: [{ type: 'repository', name: 'other/x', actions: ['*'] }] }))}.${signature}`,
    )
  })

  test('that is no token at all', async () => {
    for (const text of ['', '.', '..', 'x', 'null', 'a.b.c', `${good}.x`, ` ${good}`, good.replace('.', '..'), '💥'])
      await refused(text)
  })
})

test('a token lives for as long as the settings say at most, and carries who asked and for what', async () => {
  const { signing, tokens } = open()
  await signing.rotate()
  const pipeline = {
    kind: 'pipeline',
    id: 'pipeline:r1',
    name: 'github',
    authenticatedBy: 'identity token',
    rules: ['r1'],
    claims: { repository: 'a/b' },
  } as const
  expect((await tokens.issue(ADA, ACCESS)).expiresInSeconds).toBe(300)
  const issued = await tokens.issue({ ...pipeline, until: now + 10_000_000 }, ACCESS)
  expect(issued.expiresInSeconds).toBe(300)
  expect(await tokens.verify(issued.token)).toEqual({ ...pipeline, access: ACCESS })
  expect((await tokens.issue({ ...pipeline, until: now + 60_000 }, ACCESS)).expiresInSeconds).toBe(60)
  const whole = await tokens.issueWhole({ ...pipeline, until: now + 600_000 })
  expect(whole.expiresInSeconds).toBe(600)
  expect(await tokens.verify(whole.token)).toEqual({ ...pipeline, until: now + 600_000 })
})

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const part = (token: string, index: number) =>
  JSON.parse(Buffer.from(token.split('.')[index] as string, 'base64url').toString())
const headerOf = (token: string): { kid?: string } => part(token, 0)
const payloadOf = (token: string): JWTPayload => part(token, 1)
