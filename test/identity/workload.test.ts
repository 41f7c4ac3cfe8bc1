import { beforeEach, describe, expect, test } from 'bun:test'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import {
  type IssuerKind,
  issuerKeys,
  looksLikeIdToken,
  matchRule,
  TokenRefused,
  type TrustRule,
  type UsedTokens,
  usesOnce,
  useToken,
  verifyIdToken,
} from '../../src/features/identity/external/index.ts'
import { Unavailable } from '../../src/platform/outcome/index.ts'
import { githubClaims, gitlabClaims, kubernetesClaims } from '../support/pipeline-tokens.ts'
import { plainRequests } from '../support/plain-outbound.ts'
import { startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts'

const AUDIENCE = 'https://berth.test'
let now: number
beforeEach(() => {
  now = Date.now()
})

/** What stands for a Berth that trusts this issuer. */
function trusting(issuer: TokenIssuer, kind: IssuerKind = 'github') {
  const trusted = { issuer: issuer.url, kind, maxAgeSeconds: 3600, singleUse: usesOnce(kind) }
  const keys = issuerKeys(plainRequests(), () => now)
  return {
    trusted,
    verify: (token: string) =>
      verifyIdToken(token, { issuers: [trusted], keys, isAudience: audience => audience === AUDIENCE, now }),
  }
}
const github = (issuer: TokenIssuer, changes: JWTPayload = {}) => ({
  ...githubClaims(issuer.url, AUDIENCE, now),
  ...changes,
})

describe('a token', () => {
  const shapes = { github: githubClaims, gitlab: gitlabClaims, kubernetes: kubernetesClaims }
  const conditions: Record<keyof typeof shapes, TrustRule['conditions']> = {
    github: { repository_id: '74', ref: 'refs/heads/main' },
    gitlab: { project_id: '20', ref_protected: 'true' },
    kubernetes: {
      'kubernetes.io/namespace': 'ci',
      'kubernetes.io/serviceaccount/uid': '14ee3fa4-a7e2-420f-9f9a-dbc4507c3798',
    },
  }
  for (const kind of ['github', 'gitlab', 'kubernetes'] as const) {
    for (const algorithm of ['RS256', 'ES256', 'EdDSA']) {
      test(`as ${kind} makes them is accepted, signed by ${algorithm}, and matches its rule`, async () => {
        using issuer = await startTokenIssuer()
        await issuer.rotate(algorithm)
        const claims = shapes[kind](issuer.url, AUDIENCE, now)
        const token = await trusting(issuer, kind).verify(await issuer.sign(claims))
        expect(token).toMatchObject({ audience: AUDIENCE, subject: claims.sub, id: claims.jti })
        expect(token.expiresAt).toBe(Number(claims.exp) * 1000)
        const rule: TrustRule = {
          id: '1',
          project: 'team',
          name: 'release',
          issuer: issuer.url,
          audience: AUDIENCE,
          conditions: conditions[kind],
          permissions: ['push'],
          repositories: 'team/**',
          tags: '**',
          lifetimeSeconds: 600,
        }
        expect(matchRule(rule, token)).toEqual({ matched: true })
      })
    }
  }
})

describe('a token is refused', () => {
  const refuse = async (issuer: TokenIssuer, token: string, reason: RegExp | string) => {
    await expect(trusting(issuer).verify(token)).rejects.toThrow(reason)
    await expect(trusting(issuer).verify(token)).rejects.toThrow(TokenRefused)
  }

  test('of an issuer that nobody configured, to the letter', async () => {
    using issuer = await startTokenIssuer()
    const port = new URL(issuer.url).port
    for (const iss of [`${issuer.url}/`, `http://localhost:${port}`, issuer.url.toUpperCase(), '', undefined]) {
      await refuse(issuer, await issuer.sign(github(issuer, { iss })), 'Nobody here trusts')
    }
    expect(issuer.asked).toEqual([])
  })

  test('for another audience, for several, or for none', async () => {
    using issuer = await startTokenIssuer()
    for (const aud of [`${AUDIENCE}/`, 'https://berth.test.evil', [AUDIENCE, 'other'], ['other', AUDIENCE], []]) {
      await refuse(issuer, await issuer.sign(github(issuer, { aud })), /audience|nobody/)
    }
    await refuse(issuer, await issuer.sign(github(issuer, { aud: undefined })), 'aud')
  })

  test('without a signature, or by a secret', async () => {
    using issuer = await startTokenIssuer()
    const unsigned = new UnsecuredJWT(github(issuer)).encode()
    await refuse(issuer, unsigned, /key|token/)
    const [, payload] = unsigned.split('.')
    const header = (alg: string) => Buffer.from(JSON.stringify({ alg, kid: 'key-1' })).toString('base64url')
    for (const alg of ['none', 'None', 'HS256', 'RS1', '']) {
      await refuse(
        issuer,
        `${header(alg)}.${payload}.${Buffer.from('x').toString('base64url')}`,
        /algorithm|well-formed/,
      )
    }
  })

  test('signed with the public key taken for a secret', async () => {
    using issuer = await startTokenIssuer()
    const { keys } = (await (await fetch(`${issuer.url}/keys`)).json()) as { keys: { n: string }[] }
    const forged = new SignJWT(github(issuer)).setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
    await refuse(issuer, await forged.sign(Buffer.from(keys[0]?.n ?? '', 'base64url')), 'algorithm')
  })

  test('that brings its key along, or names a place for it', async () => {
    using issuer = await startTokenIssuer()
    using evil = await startTokenIssuer()
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    const brought = { jwk: await exportJWK(publicKey), jku: `${evil.url}/keys`, x5u: `${evil.url}/x`, x5c: ['x'] }
    for (const [name, value] of Object.entries(brought)) {
      const header = { alg: 'RS256', kid: 'key-1', [name]: value }
      const token = await new SignJWT(github(issuer)).setProtectedHeader(header).sign(privateKey)
      await refuse(issuer, token, 'brings its own key')
      await refuse(issuer, await issuer.sign(github(issuer), { [name]: value }), 'brings its own key')
    }
    expect(evil.asked).toEqual([])
  })

  test('signed by another key under a key’s name, or changed by a letter', async () => {
    using issuer = await startTokenIssuer()
    using evil = await startTokenIssuer()
    await refuse(issuer, await evil.sign(github(issuer)), 'signature of the token is wrong')
    const [header, , signature] = (await issuer.sign(github(issuer))).split('.')
    const payload = Buffer.from(JSON.stringify(github(issuer, { repository_id: '75' }))).toString('base64url')
    await refuse(issuer, `${header}.${payload}.${signature}`, 'signature of the token is wrong')
  })

  test('with a key of another algorithm than its own', async () => {
    using issuer = await startTokenIssuer()
    await issuer.rotate('ES256')
    const token = await issuer.sign(github(issuer), { kid: 'key-1' })
    await refuse(issuer, token, /no such key|signature/)
  })

  test('of another type: what was signed for something else is no ID token', async () => {
    using issuer = await startTokenIssuer()
    for (const typ of ['at+jwt', 'logout+jwt', 'secevent+jwt', 'dpop+jwt']) {
      await refuse(issuer, await issuer.sign(github(issuer), { typ }), 'another type')
    }
    await refuse(issuer, await issuer.sign(github(issuer), { kid: '' }), 'names no key')
    const [, payload, signature] = (await issuer.sign(github(issuer))).split('.')
    const critical = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'key-1', crit: ['x'], x: 1 })).toString(
      'base64url',
    )
    await refuse(issuer, `${critical}.${payload}.${signature}`, 'well-formed')
  })

  test('before its time, after it, too old, or without saying', async () => {
    using issuer = await startTokenIssuer()
    const at = Math.floor(now / 1000)
    const times: readonly (readonly [JWTPayload, string])[] = [
      [{ exp: at - 31 }, 'has expired'],
      [{ nbf: at + 40 }, 'nbf'],
      [{ iat: at + 40 }, 'iat'],
      [{ iat: at - 3700 }, 'too old'],
      [{ exp: undefined }, 'exp'],
      [{ iat: undefined }, 'iat'],
      [{ sub: undefined }, 'sub'],
      [{ sub: '' }, 'subject'],
      [{ exp: 'tomorrow' as never }, 'exp'],
      [{ jti: 7 as never }, 'jti'],
    ]
    for (const [changes, reason] of times) await refuse(issuer, await issuer.sign(github(issuer, changes)), reason)
    const skewed = github(issuer, { exp: at - 10, nbf: at + 10, iat: at + 10 })
    expect(await trusting(issuer).verify(await issuer.sign(skewed))).toMatchObject({ audience: AUDIENCE })
  })

  test('that is none', async () => {
    using issuer = await startTokenIssuer()
    for (const text of ['', 'x', 'a.b.c', '..', 'e30.e30.', '\0', 'x'.repeat(20_000), `${'e30.'.repeat(5)}`]) {
      await refuse(issuer, text, /./)
    }
  })
})

describe('the keys of an issuer', () => {
  test('are asked for once in ten minutes, however many tokens come at once', async () => {
    using issuer = await startTokenIssuer()
    const { verify } = trusting(issuer)
    const tokens = await Promise.all(Array.from({ length: 10 }, () => issuer.sign(github(issuer))))
    await Promise.all(tokens.map(verify))
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/keys'])
    now += 601_000
    await verify(await issuer.sign(github(issuer)))
    expect(issuer.asked).toHaveLength(4)
  })

  test('are asked for again when a token names a new one, but not more than twice a minute', async () => {
    using issuer = await startTokenIssuer()
    const { verify } = trusting(issuer)
    await verify(await issuer.sign(github(issuer)))
    await issuer.rotate()
    const token = await issuer.sign(github(issuer))
    await expect(verify(token)).rejects.toThrow('no such key')
    now += 31_000
    expect(await verify(token)).toMatchObject({ audience: AUDIENCE })
    expect(issuer.asked).toHaveLength(4)
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const unknown = await issuer.sign(github(issuer), { kid: `made-up-${attempt}` })
      await expect(verify(unknown)).rejects.toThrow('no such key')
    }
    expect(issuer.asked).toHaveLength(4)
  })

  test('that were withdrawn count no longer than they are remembered', async () => {
    using issuer = await startTokenIssuer()
    const { verify } = trusting(issuer)
    await verify(await issuer.sign(github(issuer)))
    issuer.withdraw()
    now += 601_000
    await expect(verify(await issuer.sign(github(issuer)))).rejects.toThrow(TokenRefused)
  })

  test('that cannot be had are told apart from a token that is wrong, and not asked for at every token', async () => {
    using issuer = await startTokenIssuer()
    const { verify } = trusting(issuer)
    const describing = (document: unknown) => (path: string) => (path === '/keys' ? undefined : Response.json(document))
    const answers: readonly (readonly [reason: string, answer: (path: string) => Response | undefined])[] = [
      ['it answered 503', () => new Response('busy', { status: 503 })],
      ['it answered 302', () => Response.redirect('https://evil.test/')],
      ['cannot be read', () => new Response('<html>')],
      ['is not a JSON object', () => Response.json([])],
      ['calls itself something else', describing({ issuer: 'https://evil.test', jwks_uri: `${issuer.url}/keys` })],
      ['names no place', describing({ issuer: issuer.url })],
      ['names no place', describing({ issuer: issuer.url, jwks_uri: 'http://evil.test/keys' })],
      ['names no place', describing({ issuer: issuer.url, jwks_uri: 'file:///etc/passwd' })],
      ['holds no keys', path => (path === '/keys' ? Response.json({ keys: 'none' }) : undefined)],
    ]
    const token = await issuer.sign(github(issuer))
    for (const [reason, answer] of answers) {
      issuer.answer = answer
      await expect(verify(token)).rejects.toThrow(reason)
      const before = issuer.asked.length
      await expect(verify(token)).rejects.toThrow(Unavailable)
      expect(issuer.asked.length).toBe(before)
      now += 31_000
    }
    issuer.answer = undefined
    expect(await verify(await issuer.sign(github(issuer)))).toMatchObject({ audience: AUDIENCE })
  })

  test('can lie where the configuration says, for an issuer that cannot be reached', async () => {
    using issuer = await startTokenIssuer()
    const iss = 'https://kubernetes.default.svc.cluster.local'
    const trusted = { issuer: iss, kind: 'kubernetes', maxAgeSeconds: 3600, singleUse: false } as const
    const token = await issuer.sign(kubernetesClaims(iss, AUDIENCE, now))
    const verified = await verifyIdToken(token, {
      issuers: [{ ...trusted, jwksUri: `${issuer.url}/keys` }],
      keys: issuerKeys(plainRequests(), () => now),
      isAudience: audience => audience === AUDIENCE,
      now,
    })
    expect(verified.subject).toBe('system:serviceaccount:ci:builder')
    expect(issuer.asked).toEqual(['/keys'])
  })
})

describe('a token counts once', () => {
  const remembering = (): UsedTokens & { readonly seen: Map<string, number> } => {
    const seen = new Map<string, number>()
    return {
      seen,
      async useOnce(issuer, id, expiresAt) {
        const key = `${issuer} ${id}`
        if (seen.has(key)) return false
        seen.set(key, expiresAt)
        return true
      },
    }
  }

  test('by its jti, or as a whole when it has none, as long as it could be accepted', async () => {
    using issuer = await startTokenIssuer()
    const { verify } = trusting(issuer)
    for (const changes of [{}, { jti: undefined }]) {
      const used = remembering()
      const token = await verify(await issuer.sign(github(issuer, changes)))
      await useToken(token, used)
      await expect(useToken(token, used)).rejects.toThrow('used before')
      expect([...used.seen.values()][0]).toBeGreaterThanOrEqual(token.expiresAt + 30_000)
    }
    const [one, other] = [await issuer.sign(github(issuer)), await issuer.sign(github(issuer))]
    const used = remembering()
    await useToken(await verify(one), used)
    await useToken(await verify(other), used)
  })

  test('except where its issuer gives the same one again', async () => {
    using issuer = await startTokenIssuer()
    const { verify } = trusting(issuer, 'kubernetes')
    const token = await verify(await issuer.sign(kubernetesClaims(issuer.url, AUDIENCE, now)))
    const used = remembering()
    await useToken(token, used)
    await useToken(token, used)
    expect(used.seen.size).toBe(0)
  })
})

test('a password is looked at as a token only when it has the form of one', async () => {
  using issuer = await startTokenIssuer()
  expect(looksLikeIdToken(await issuer.sign(github(issuer)))).toBe(true)
  for (const password of ['', 'correct-horse', 'a.b.c', 'eyJ.eyJ', 'eyJ.eyJ.x y', `ey${'a'.repeat(100)}`]) {
    expect(looksLikeIdToken(password)).toBe(false)
  }
})
