import { expect, test } from 'bun:test'
import { exportSPKI, generateKeyPair, importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { RegistryTokens, Signing, userPrincipal } from '../../src/features/identity/index.ts'
import { createSealer } from '../../src/platform/secrets/index.ts'
import { basic, bearer, RIGHTS_COUNT_AFTER_MS, registryToken, SECRETS_KEY } from '../support/identities.ts'
import { rawRequest, statusOf } from '../support/raw-request.ts'
import { blobOf, imageOf } from '../support/registry-client.ts'
import { replicaCount } from '../support/start-berth.ts'
import { expectAll, type Headers, secured } from './secured.ts'

const blob = blobOf('{}')
const image = imageOf([blob])
const PASSWORD = 'a password of ada’s'
const SCOPE = 'repository:shop/web:pull,push'

let owner: Headers
const running = secured(async ({ identities, member, pushBlob, pushManifest }) => {
  await identities.project('shop')
  await identities.project('bank')
  owner = await member('shop', 'owner', 'owner')
  for (const repository of ['shop/web', 'shop/api']) {
    expect(await pushBlob(repository, blob, owner)).toBe(201)
    expect(await pushManifest(repository, 'v1', image, owner)).toBe(201)
  }
  await identities.user('ada', { password: PASSWORD })
  await identities.grant('shop', 'ada', 'developer')
  await identities.grant('bank', 'ada', 'developer')
})
const pulls = (token: string) => running().status('GET', 'shop/web/manifests/v1', bearer(token))
const issued = (...scopes: string[]) => registryToken(running().berth.url, owner, ...scopes)
const post = (form: Readonly<Record<string, string>>, headers: Headers = {}) =>
  fetch(`${running().berth.url}/token`, { method: 'POST', body: new URLSearchParams(form), headers })
interface TokenAnswer {
  readonly token?: string
  readonly access_token?: string
  readonly refresh_token?: string
  readonly scope?: string
}
const answerOf = async (response: Response | Promise<Response>) => (await (await response).json()) as TokenAnswer

/** What signs for the server, beside it. */
async function realKeys(clock: () => number = Date.now) {
  const sealer = createSealer(Buffer.from(SECRETS_KEY, 'base64'))
  const signing = new Signing(running().identities.tables.signingKeys, sealer, clock)
  return { signing, tokens: new RegistryTokens(signing, { service: 'berth', lifetimeSeconds: 300 }, clock) }
}

test('a forged token opens nothing, whichever header it was forged with', async () => {
  const good = await issued(SCOPE)
  expect(await pulls(good)).toBe(200)
  const [header = '', body = '', signature = ''] = good.split('.')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as JWTPayload
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }
  const own = await generateKeyPair('ES256', { extractable: true })
  const [jwk] = ((await (await fetch(`${running().berth.url}/.well-known/jwks.json`)).json()) as { keys: object[] })
    .keys
  const pem = await exportSPKI((await importJWK(jwk as object, 'ES256')) as CryptoKey)
  const signed = (more: object) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...more }).sign(own.privateKey)
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const forged: Readonly<Record<string, string>> = {
    'alg none': new UnsecuredJWT(claims).encode(),
    'alg none, with the real header': `${encode({ alg: 'none', typ: 'at+jwt', kid })}.${body}.`,
    'no signature': `${header}.${body}.`,
    'HS256 with the public key': await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid })
      .sign(new TextEncoder().encode(pem)),
    'a key of one’s own': await signed({}),
    'a key of one’s own, in the header': await signed({ jwk }),
    'a key of one’s own, at an address': await signed({ jku: 'http://127.0.0.1:1/keys' }),
    'a key of another name': await signed({ kid: '../../dev/null' }),
    'another body': `${header}.${encode({ ...claims, sub: 'user:1' })}.${signature}`,
  }
  await expectAll(Object.keys(forged), name => pulls(forged[name] as string), 401)
})

test('a token of the real key for another audience, issuer, type or time opens nothing', async () => {
  const good = await issued(SCOPE)
  const claims = JSON.parse(Buffer.from(good.split('.')[1] as string, 'base64url').toString()) as JWTPayload
  const { signing } = await realKeys()
  expect(await pulls(await signing.sign({ ...claims, jti: 'another' }, 'at+jwt'))).toBe(200)
  const now = Math.floor(Date.now() / 1000)
  const tries: Readonly<Record<string, string>> = {
    audience: await signing.sign({ ...claims, aud: 'another' }, 'at+jwt'),
    issuer: await signing.sign({ ...claims, iss: 'another' }, 'at+jwt'),
    type: await signing.sign(claims, 'JWT'),
    expired: await signing.sign({ ...claims, iat: now - 400, nbf: now - 400, exp: now - 1 }, 'at+jwt'),
    'not valid yet': await signing.sign({ ...claims, nbf: now + 600 }, 'at+jwt'),
    'no end': await signing.sign({ ...claims, exp: undefined } as unknown as JWTPayload, 'at+jwt'),
    'no subject': await signing.sign({ ...claims, sub: undefined } as unknown as JWTPayload, 'at+jwt'),
  }
  await expectAll(Object.keys(tries), name => pulls(tries[name] as string), 401)
})

test('a token that says it is of somebody who is not there opens nothing', async () => {
  const { tokens } = await realKeys()
  const { token } = await tokens.issue(userPrincipal(999_999, 'nobody'), [
    { type: 'repository', name: 'shop/web', actions: ['*'] },
  ])
  expect(await pulls(token)).toBe(401)
})

test('to ask for more than one may do gives what one may do', async () => {
  const { identities, berth, status } = running()
  await identities.user('wide')
  await identities.grant('shop', 'wide', 'reader', { repositories: 'shop/web' })
  const wide = basic('wide', (await identities.token('wide')).secret)
  const scopes = [
    'repository:shop/web:*',
    'repository:shop/api:pull',
    'repository:bank/x:pull,push,delete,*',
    'admin:*:*',
  ]
  const token = await registryToken(berth.url, wide, ...scopes)
  expect(JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()).access).toEqual([
    { type: 'repository', name: 'shop/web', actions: ['pull'] },
  ])
  expect(await status('GET', 'shop/web/manifests/v1', bearer(token))).toBe(200)
  expect(await status('POST', 'shop/web/blobs/uploads/', bearer(token))).toBe(403)
  expect(await status('GET', 'shop/api/manifests/v1', bearer(token))).toBe(403)
})

test('a scope is a name and not a pattern', async () => {
  await expectAll(
    ['repository:shop/*:pull', 'repository:shop/**:pull', 'repository:*:pull', 'repository:../shop/web:pull'],
    async scope => (await answerOf(fetch(`${running().berth.url}/token?scope=${scope}`, { headers: owner }))).scope,
    '',
  )
})

test('a token for one repository is none for another', async () => {
  const token = await issued('repository:shop/web:pull,push')
  const { status } = running()
  await expectAll(
    ['shop/api/manifests/v1', 'shop/api/tags/list', 'shop/web/deep/tags/list', 'shop/webb/tags/list', 'shop/tags/list'],
    path => status('GET', path, bearer(token)),
    401,
  )
})

test('a registry token gives no other token and opens nothing but /v2', async () => {
  const token = await issued(SCOPE)
  const { url } = running().berth
  const get = async (path: string) => (await fetch(url + path, { headers: bearer(token) })).status
  expect(await get(`/token?scope=${SCOPE}`)).toBe(401)
  expect(await get('/token?offline_token=true&service=x')).toBe(401)
  expect(await get('/metrics')).toBe(401)
  const asPassword = await fetch(`${url}/token?scope=${SCOPE}`, { headers: basic('owner', token) })
  expect(asPassword.status).toBe(401)
  const asRefresh = await post({ grant_type: 'refresh_token', refresh_token: token, service: 'x' })
  expect(asRefresh.status).toBe(401)
})

test('a refresh token is neither a password nor a bearer token, and ends with the password', async () => {
  const { berth, identities, status } = running()
  const form = { grant_type: 'password', username: 'ada', password: PASSWORD, access_type: 'offline', service: 'x' }
  const { refresh_token: refresh = '' } = await answerOf(post(form))
  expect(refresh).toStartWith('berth_ref_')
  expect(await status('GET', 'shop/web/manifests/v1', basic('ada', refresh))).toBe(401)
  expect(await status('GET', 'shop/web/manifests/v1', bearer(refresh))).toBe(401)
  expect((await post({ ...form, password: refresh })).status).toBe(401)
  const redeem = () => post({ grant_type: 'refresh_token', refresh_token: refresh, service: 'x', scope: SCOPE })
  const { access_token: access = '' } = await answerOf(redeem())
  expect(await status('GET', 'shop/web/manifests/v1', bearer(access))).toBe(200)
  await identities.tables.users.update('ada', { passwordHash: await Bun.password.hash('another of ada’s') })
  await Bun.sleep(RIGHTS_COUNT_AFTER_MS)
  expect((await redeem()).status).toBe(401)
  // And what it gave before ends with it.
  expect(await status('GET', 'shop/web/manifests/v1', bearer(access))).toBe(401)
  expect(berth.log()).not.toContain(refresh)
})

test('a personal token with the name of somebody else is refused, with any name but its own', async () => {
  const { identities, status } = running()
  await identities.user('mallory')
  const { secret } = await identities.token('owner')
  for (const [name, expected] of [
    ['owner', 200],
    ['token', 200],
    ['mallory', 401],
    ['admin', 401],
    ['', 401],
    ['OWNER', 401],
  ] as const)
    expect([name, await status('GET', 'shop/web/manifests/v1', basic(name, secret))]).toEqual([name, expected])
})

test('rights that were taken away count at once, for tokens that were issued before too', async () => {
  const { identities, status } = running()
  await identities.user('leaver')
  const held = await identities.grant('shop', 'leaver', 'developer')
  const personal = await identities.token('leaver')
  const direct = basic('leaver', personal.secret)
  const token = await registryToken(running().berth.url, direct, SCOPE)
  const pull = (headers: Headers) => status('GET', 'shop/web/manifests/v1', headers)
  expect([await pull(direct), await pull(bearer(token))]).toEqual([200, 200])
  await identities.tables.grants.remove('shop', held)
  await Bun.sleep(RIGHTS_COUNT_AFTER_MS)
  expect([await pull(direct), await pull(bearer(token))]).toEqual([403, 403])
  await identities.revoke(personal)
  await Bun.sleep(RIGHTS_COUNT_AFTER_MS)
  expect([await pull(direct), await pull(bearer(token))]).toEqual([401, 401])
})

test('an unknown name and a wrong password are answered alike', async () => {
  const { berth } = running()
  const answers = await Promise.all(
    ['admin', 'nobody-of-that-name'].map(async name => {
      const response = await fetch(`${berth.url}/v2/`, { headers: basic(name, 'a wrong password') })
      return [response.status, await response.text(), response.headers.get('WWW-Authenticate')]
    }),
  )
  expect(answers[0]).toEqual(answers[1] as (typeof answers)[0])
})

test('the realm of the challenge is where the client is, and never what a header makes up', async () => {
  const { host } = running().berth
  const challengeFor = async (headers: string) => {
    const answer = await rawRequest(host, `GET /v2/ HTTP/1.1\r\nConnection: close\r\n${headers}\r\n\r\n`)
    return /^www-authenticate: (.*)$/im.exec(answer)?.[1]?.trim() ?? `none: ${answer.slice(0, 100)}`
  }
  expect(await challengeFor('Host: registry.example:5000')).toBe(
    'Bearer realm="http://registry.example:5000/token",service="registry.example:5000"',
  )
  for (const headers of [
    'Host: x",realm="http://evil.example',
    'Host: evil.example/path?',
    'Host: user:password@evil.example',
    'Host: a b',
    'Host: ',
  ])
    expect([headers, await challengeFor(headers)]).toEqual([headers, expect.not.stringMatching(/evil/)])
  // Only a proxy that is trusted may say otherwise. Replicas are asked through one, which passes on what it is told.
  if (replicaCount > 1) return
  expect(await challengeFor('Host: registry.example\r\nX-Forwarded-Host: evil.example')).not.toContain('evil')
  expect(await challengeFor('Host: registry.example\r\nX-Forwarded-Proto: javascript')).toContain('"http://registry')
})

test('an Authorization header that is huge or odd is refused, and the server goes on', async () => {
  const { berth, status } = running()
  const get = (value: string) =>
    rawRequest(berth.host, `GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${value}\r\n\r\n`)
  for (const size of [8000, 100_000, 2_000_000]) {
    const answer = await get(`Bearer ${'a'.repeat(size)}`).catch(() => 'HTTP/1.1 431 broken off')
    expect([size, [400, 401, 431].includes(statusOf(answer))]).toEqual([size, true])
  }
  for (const value of [
    '',
    'Basic',
    'Bearer',
    'Basic ',
    'Basic !!!!',
    'Basic bm9jb2xvbg==',
    'Digest x',
    'Negotiate x',
    ' ',
    'basic:',
  ])
    expect([value, await get(value).then(statusOf)]).toEqual([value, 401])
  expect(await status('GET', 'shop/web/manifests/v1', owner)).toBe(200)
})

test('many scopes are refused when they are too many, and what is no scope is said to be none', async () => {
  const { url } = running().berth
  const ask = async (scopes: readonly string[]) =>
    (
      await fetch(`${url}/token?${scopes.map(scope => `scope=${encodeURIComponent(scope)}`).join('&')}`, {
        headers: owner,
      })
    ).status
  const many = (count: number) => Array.from({ length: count }, (_, index) => `repository:shop/r${index}:pull`)
  expect(await ask(many(100))).toBe(200)
  expect(await ask(many(101))).toBe(400)
  expect(await ask([many(101).join(' ')])).toBe(400)
  await expectAll(['x', ':', 'repository', 'repository:', 'a b:c:d', 'Repository:x:pull'], scope => ask([scope]), 400)
  await expectAll(['repository::', 'repository:A:pull', 'other:thing:do'], scope => ask([scope]), 200)
})

test('a form that is none, or huge, is refused before anything is done with it', async () => {
  const { url } = running().berth
  const send = async (body: string, type: string) =>
    (await fetch(`${url}/token`, { method: 'POST', body, headers: { 'Content-Type': type } })).status
  const form = 'application/x-www-form-urlencoded'
  expect(await send('{"grant_type":"password"}', 'application/json')).toBe(400)
  expect(await send(`grant_type=password&username=${'x'.repeat(70_000)}`, form)).toBe(400)
  expect(await send('grant_type=client_credentials', form)).toBe(400)
  expect(await send('grant_type=password&username=ada', form)).toBe(400)
  expect(await send('', form)).toBe(400)
})
