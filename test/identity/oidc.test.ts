import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { decodeJwt, exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import {
  type OidcSettings,
  oidcSource,
  type PendingSignOn,
  type Requests,
  SignOnRefused,
} from '../../src/features/identity/external/index.ts'
import { Unavailable } from '../../src/platform/outcome/index.ts'
import { Secret } from '../../src/platform/secrets/index.ts'
import { openBrowser, signOn } from '../support/browser.ts'
import { plainRequests } from '../support/plain-outbound.ts'
import { type OidcProvider, startOidcProvider } from '../support/start-oidc-provider.ts'

const REDIRECT = 'http://127.0.0.1:9/sign-on/company/callback'
const people = {
  ada: { name: 'Ada Lovelace', preferred_username: 'ada1', email: 'ada@berth.test', groups: ['builders', 'admins'] },
  bob: { email: 'bob@berth.test', email_verified: false, groups: 'builders' },
  mallory: { preferred_username: 'mallory\nadmin', groups: [{ name: 'admins' }] },
  eve: { preferred_username: 'eve\u202eadmin' },
}

let provider: OidcProvider
beforeAll(async () => {
  provider = await startOidcProvider({ people, redirectUris: [REDIRECT] })
})
afterAll(() => provider[Symbol.asyncDispose]())

const settingsOf = ({ issuer, client }: OidcProvider): OidcSettings => ({
  name: 'company',
  issuer,
  clientId: client.id,
  clientSecret: new Secret(client.secret),
  clientAuthentication: 'basic',
  scopes: ['profile', 'email', 'groups'],
  nameClaim: 'preferred_username',
  groupsClaim: 'groups',
})
const source = (requests: Requests = plainRequests(), changes: Partial<OidcSettings> = {}, at = provider) =>
  oidcSource({ ...settingsOf(at), ...changes }, requests, Date.now)

async function comeBack(url: string, login: string, at = provider): Promise<string> {
  const browser = openBrowser(at.issuer)
  return (await signOn(browser, await browser.visit(url), login)).url
}

async function signOnAs(login: string, company = source(), at = provider) {
  const { url, pending } = await company.begin(REDIRECT)
  return company.finish(await comeBack(url, login, at), pending)
}

describe('the code flow', () => {
  test('tells who signed on, by issuer and subject, with their groups', async () => {
    expect(await signOnAs('ada')).toEqual({
      source: 'company',
      subject: `${provider.issuer} ada`,
      name: 'ada1',
      displayName: 'Ada Lovelace',
      email: 'ada@berth.test',
      groups: ['builders', 'admins'],
    })
  })

  test('asks with PKCE, a state and a nonce that are new each time', async () => {
    const company = source()
    const [one, other] = [await company.begin(REDIRECT), await company.begin(REDIRECT)]
    const query = new URL(one.url).searchParams
    expect(query.get('code_challenge_method')).toBe('S256')
    expect(query.get('scope')).toBe('openid profile email groups')
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(query.get(name)?.length).toBeGreaterThan(20)
      expect(new URL(other.url).searchParams.get(name)).not.toBe(query.get(name))
    }
    expect(one.url).not.toContain(one.pending.codeVerifier)
  })

  test('what is pending survives being written down', async () => {
    const company = source()
    const { url, pending } = await company.begin(REDIRECT)
    const read = JSON.parse(JSON.stringify(pending)) as PendingSignOn
    expect(await source().finish(await comeBack(url, 'ada'), read)).toMatchObject({ name: 'ada1' })
  })

  test('an address that is not verified is none, and one group needs no list', async () => {
    const bob = await signOnAs('bob')
    expect(bob).toMatchObject({ name: 'bob', groups: ['builders'] })
    expect(bob.email).toBeUndefined()
  })

  test('a name that would deceive whoever reads it is not taken; groups of another shape are refused', async () => {
    expect(await signOnAs('eve')).toMatchObject({ name: 'eve', groups: [] })
    await expect(signOnAs('mallory')).rejects.toThrow('The claim groups is not a list of group names.')
  })

  test('claims that are not in the ID token are asked for', async () => {
    await using other = await startOidcProvider({ people, redirectUris: [REDIRECT], claimsInIdToken: false })
    expect(await signOnAs('ada', source(plainRequests(), {}, other), other)).toMatchObject({
      name: 'ada1',
      groups: ['builders', 'admins'],
    })
  })

  test('a callback of another sign-on, another provider, another issuer or none at all is refused', async () => {
    const company = source()
    const { url, pending } = await company.begin(REDIRECT)
    const other = await company.begin(REDIRECT)
    const callback = await comeBack(url, 'ada')
    const changed = (name: string, value: string) => {
      const to = new URL(callback)
      to.searchParams.set(name, value)
      return to.href
    }
    await expect(company.finish(callback, other.pending)).rejects.toThrow(SignOnRefused)
    await expect(company.finish(callback, { ...pending, source: 'elsewhere' })).rejects.toThrow('another provider')
    await expect(company.finish(changed('state', 'x'), pending)).rejects.toThrow(SignOnRefused)
    await expect(company.finish(changed('iss', 'https://evil.test'), pending)).rejects.toThrow(SignOnRefused)
    await expect(company.finish(changed('code', 'x'), pending)).rejects.toThrow(/refused: invalid_grant/)
    await expect(company.finish(REDIRECT, pending)).rejects.toThrow(SignOnRefused)
    await expect(company.finish(callback, { ...pending, codeVerifier: 'x'.repeat(43) })).rejects.toThrow(SignOnRefused)
  })

  test('a code counts once', async () => {
    const company = source()
    const { url, pending } = await company.begin(REDIRECT)
    const callback = await comeBack(url, 'ada')
    expect(await company.finish(callback, pending)).toMatchObject({ name: 'ada1' })
    await expect(company.finish(callback, pending)).rejects.toThrow(SignOnRefused)
  })

  test('what the provider says of a refusal goes into no log as it is', async () => {
    const company = source()
    const { pending } = await company.begin(REDIRECT)
    const query = new URLSearchParams({ error: 'x\nforged line', state: pending.state, iss: provider.issuer })
    const refusal = company.finish(`${REDIRECT}?${query}`, pending)
    await expect(refusal).rejects.toThrow(/^[^\n]*cannot be printed$/)
  })
})

describe('an ID token is refused:', () => {
  /** Lets the provider's ID tokens be replaced on their way. */
  const forging = (forge: (claims: JWTPayload) => Promise<string>): Requests => {
    const requests = plainRequests()
    return {
      async fetch(url, request) {
        const response = await requests.fetch(url, request)
        if (!String(url).endsWith('/token')) return response
        const tokens = (await response.json()) as { id_token: string }
        return Response.json({ ...tokens, id_token: await forge(decodeJwt(tokens.id_token)) })
      },
    }
  }
  const cases: Record<string, readonly [reason: RegExp, forge: (claims: JWTPayload) => Promise<string>]> = {
    'signed by nobody': [/alg|unsupported/i, async claims => new UnsecuredJWT(claims).encode()],
    'signed by another key': [
      /signature verification failed/,
      async claims => {
        const { privateKey } = await generateKeyPair('RS256')
        return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'of-the-provider' }).sign(privateKey)
      },
    ],
    'signed by a key that it brings': [
      /signature verification failed/,
      async claims => {
        const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
        const header = { alg: 'RS256', jwk: await exportJWK(publicKey) }
        return new SignJWT(claims).setProtectedHeader(header).sign(privateKey)
      },
    ],
    'signed with the client’s secret': [
      /alg/,
      async claims =>
        new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(provider.client.secret)),
    ],
    'for another client': [/"aud"/, claims => provider.sign({ ...claims, aud: 'other' })],
    'of another issuer': [/"iss"/, claims => provider.sign({ ...claims, iss: 'https://evil.test' })],
    'of another sign-on': [/"nonce"/, claims => provider.sign({ ...claims, nonce: 'x' })],
    'without a nonce': [/"nonce"/, ({ nonce, ...claims }) => provider.sign(claims)],
    'that has expired': [/timestamp/, claims => provider.sign({ ...claims, exp: 1_000_000 })],
  }
  for (const [what, [reason, forge]] of Object.entries(cases)) {
    test(what, async () => {
      await expect(signOnAs('ada', source(forging(forge)))).rejects.toThrow(reason)
      await expect(signOnAs('ada', source(forging(forge)))).rejects.toThrow(SignOnRefused)
    })
  }

  test('and accepted when the provider signed all that was asked for', async () => {
    expect(await signOnAs('ada', source(forging(provider.sign)))).toMatchObject({ name: 'ada1' })
  })
})

describe('the device flow', () => {
  const confirm = async (address: string, login: string) => {
    const browser = openBrowser(provider.issuer)
    const asked = await browser.visit(address)
    const shown = await browser.visit(`${provider.issuer}/device`, asked.fields)
    return signOn(browser, await browser.visit(shown.url, shown.fields), login)
  }

  test('waits until somebody confirms it elsewhere, and then tells who', async () => {
    const company = source()
    const { invitation, pending } = await company.beginDevice()
    expect(invitation).toMatchObject({ expiresInSeconds: 600, intervalSeconds: 5 })
    expect(await company.pollDevice(pending)).toEqual({ outcome: 'pending', slower: false })
    await confirm(invitation.verificationUriComplete ?? '', 'ada')
    const read = JSON.parse(JSON.stringify(pending)) as typeof pending
    expect(await source().pollDevice(read)).toMatchObject({ outcome: 'signed on', identity: { name: 'ada1' } })
    await expect(company.pollDevice(pending)).rejects.toThrow(SignOnRefused)
  })

  test('ends when somebody refuses, and with a code that nobody was given', async () => {
    const company = source()
    const { invitation, pending } = await company.beginDevice()
    const browser = openBrowser(provider.issuer)
    const asked = await browser.visit(invitation.verificationUriComplete ?? '')
    const shown = await browser.visit(`${provider.issuer}/device`, asked.fields)
    await browser.visit(shown.url, { ...shown.fields, abort: 'yes' })
    await expect(company.pollDevice(pending)).rejects.toThrow(/access_denied/)
    await expect(company.pollDevice({ ...pending, deviceCode: 'x' })).rejects.toThrow(/invalid_grant/)
    await expect(company.pollDevice({ ...pending, source: 'elsewhere' })).rejects.toThrow(SignOnRefused)
  })
})

describe('the provider', () => {
  test('is told apart from a refusal when it is away or fails, and asked again', async () => {
    let away = true
    const requests = plainRequests()
    const company = source({
      fetch: async (url, request) => {
        if (away) throw new Error('connection refused')
        return requests.fetch(url, request)
      },
    })
    await expect(company.begin(REDIRECT)).rejects.toThrow(Unavailable)
    away = false
    const { url, pending } = await company.begin(REDIRECT)
    const callback = await comeBack(url, 'ada')
    away = true
    await expect(company.finish(callback, pending)).rejects.toThrow(Unavailable)
    const failing = source({ fetch: async () => new Response('busy', { status: 503 }) })
    await expect(failing.begin(REDIRECT)).rejects.toThrow(Unavailable)
  })

  test('is asked what it is once in an hour', async () => {
    const asked: string[] = []
    let now = Date.now()
    const company = oidcSource(settingsOf(provider), plainRequests(asked), () => now)
    await Promise.all([company.begin(REDIRECT), company.begin(REDIRECT)])
    now += 3_500_000
    await company.begin(REDIRECT)
    expect(asked).toEqual([`GET ${provider.issuer}/.well-known/openid-configuration`])
    now += 200_000
    await company.begin(REDIRECT)
    expect(asked).toHaveLength(2)
  })

  test('that calls itself something else is refused', async () => {
    const requests = plainRequests()
    const company = source({
      async fetch(url, request) {
        const response = await requests.fetch(url, request)
        return Response.json({ ...((await response.json()) as object), issuer: 'https://evil.test' })
      },
    })
    await expect(company.begin(REDIRECT)).rejects.toThrow(SignOnRefused)
  })
})
