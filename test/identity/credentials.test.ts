import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issuerKeys, TokenRefused, verifyIdToken } from '../../src/features/identity/external/index.ts'
import { githubClaims, gitlabClaims, kubernetesClaims } from '../support/pipeline-tokens.ts'
import { plainRequests } from '../support/plain-outbound.ts'
import { startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts'

interface TokenEndpoint {
  readonly url: string
  readonly state: { exchanges: number; expiresInSeconds: number }
  stop(): Promise<void>
}

type Kind = 'github' | 'gitlab' | 'kubernetes'
let issuer: TokenIssuer
let folder: string
let berth: TokenEndpoint
beforeEach(async () => {
  issuer = await startTokenIssuer()
  folder = await mkdtemp(join(tmpdir(), 'berth-helper-'))
  berth = serveTokens()
})
afterEach(async () => {
  issuer[Symbol.dispose]()
  await berth.stop()
  await rm(folder, { recursive: true, force: true })
})

/** The token endpoint as RFC 8693 has it: an ID token counts once. Also GitHub's runner, which gives ID tokens. */
function serveTokens(): TokenEndpoint {
  const used = new Set<string>()
  const keys = issuerKeys(plainRequests(), Date.now)
  const state = { exchanges: 0, expiresInSeconds: 300 }
  const exchange = async (form: URLSearchParams, origin: string) => {
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:token-exchange')
    expect(form.get('subject_token_type')).toBe('urn:ietf:params:oauth:token-type:id_token')
    const trusted = { issuer: issuer.url, kind: 'generic', maxAgeSeconds: 3600, singleUse: true } as const
    const isAudience = (audience: string) => audience === origin
    const options = { issuers: [trusted], keys, isAudience, now: Date.now() }
    const { id } = await verifyIdToken(form.get('subject_token') ?? '', options)
    if (used.has(id)) throw new TokenRefused('The token was used before, and counts once.')
    used.add(id)
    state.exchanges += 1
    return Response.json({
      access_token: `token-of-berth-${state.exchanges}`,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: state.expiresInSeconds,
    })
  }
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname, searchParams, origin } = new URL(request.url)
      if (pathname === '/runner') {
        if (request.headers.get('Authorization') !== 'bearer of-the-runner') return new Response('', { status: 401 })
        expect(searchParams.get('api-version')).toBe('2.0')
        return Response.json({ value: await idToken('github', searchParams.get('audience') ?? '') })
      }
      if (pathname !== '/token' || request.method !== 'POST') return new Response('', { status: 404 })
      try {
        return await exchange(new URLSearchParams(await request.text()), origin)
      } catch (error) {
        if (!(error instanceof TokenRefused)) throw error
        return Response.json({ error: 'invalid_grant', error_description: error.message }, { status: 400 })
      }
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, state, stop: () => server.stop(true) }
}

function idToken(kind: Kind, audience = berth.url): Promise<string> {
  const claims = { github: githubClaims, gitlab: gitlabClaims, kubernetes: kubernetesClaims }[kind]
  return issuer.sign(claims(issuer.url, audience, Date.now()))
}

async function run(args: string[], input: string, env: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'credentials-command.ts'), ...args], {
    env: { PATH: process.env.PATH, BERTH_URL: berth.url, XDG_RUNTIME_DIR: folder, ...env },
    stdin: new Blob([input]),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, errors, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  return { output: output.trimEnd(), errors: errors.trimEnd(), code }
}

const host = () => new URL(berth.url).host
const NOT_FOUND = { output: 'credentials not found in native keychain', errors: '', code: 1 }

describe('the Docker credential helper', () => {
  test('exchanges the token that GitLab put into a variable, once, and gives what it got until that ends', async () => {
    const env = { BERTH_ID_TOKEN: await idToken('gitlab') }
    const expected = { ServerURL: host(), Username: 'token', Secret: 'token-of-berth-1' }
    for (const _ of [1, 2]) {
      const { output, code } = await run(['credential-helper', 'get'], `${host()}\n`, env)
      expect({ answer: JSON.parse(output), code }).toEqual({ answer: expected, code: 0 })
    }
    expect(berth.state.exchanges).toBe(1)
  })

  test('asks GitHub’s runner for a token for this server, each time a new one', async () => {
    berth.state.expiresInSeconds = 10
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${berth.url}/runner?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-runner',
    }
    for (const count of [1, 2]) {
      const { output } = await run(['credential-helper', 'get'], `https://${host()}`.replace('https', 'http'), env)
      expect(JSON.parse(output)).toMatchObject({ Secret: `token-of-berth-${count}` })
    }
    const wrong = { ...env, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x' }
    expect(await run(['credential-helper', 'get'], host(), wrong)).toMatchObject({
      output: "berth: GitHub's runner gave no ID token: it answered 401",
      code: 1,
    })
  })

  test('reads a projected service account token', async () => {
    const file = join(folder, 'projected')
    await Bun.write(file, `${await idToken('kubernetes')}\n`)
    const { output } = await run(['credential-helper', 'get'], host(), { BERTH_ID_TOKEN_FILE: file })
    expect(JSON.parse(output)).toMatchObject({ Username: 'token', Secret: 'token-of-berth-1' })
    expect(await run(['credential-helper', 'get'], host(), { BERTH_ID_TOKEN_FILE: `${file}-not` })).toMatchObject({
      output: `berth: BERTH_ID_TOKEN_FILE: there is no token in ${file}-not`,
      code: 1,
    })
  })

  test('tells no other registry who we are, and has nothing where there is no identity', async () => {
    const env = { BERTH_ID_TOKEN: await idToken('gitlab') }
    const port = new URL(berth.url).port
    for (const other of ['docker.io', '127.0.0.1', `localhost:${port}`, `${host()}.evil.test`, `${host()}@evil.test`]) {
      expect(await run(['credential-helper', 'get'], other, env)).toEqual(NOT_FOUND)
    }
    expect(await run(['credential-helper', 'get'], host())).toEqual(NOT_FOUND)
    expect(berth.state.exchanges).toBe(0)
  })

  test('says why the server refused', async () => {
    const env = { BERTH_ID_TOKEN: await idToken('gitlab', 'https://other.test') }
    expect(await run(['credential-helper', 'get'], host(), env)).toEqual({
      output: `berth: ${host()} refused the ID token (400): The token is for another audience.`,
      errors: '',
      code: 1,
    })
  })

  test('stores nothing, and what it keeps is for nobody else', async () => {
    const login = JSON.stringify({ ServerURL: host(), Username: 'a', Secret: 'b' })
    expect((await run(['credential-helper', 'store'], login)).code).toBe(1)
    expect(await run(['credential-helper', 'erase'], host())).toEqual({ output: '', errors: '', code: 0 })
    expect(await run(['credential-helper', 'list'], '')).toEqual({ output: '{}', errors: '', code: 0 })
    expect((await run(['credential-helper', 'get'], '')).output).toBe('no credentials server URL')
    expect((await run(['credential-helper', 'dance'], '')).code).toBe(1)
    const env = { BERTH_ID_TOKEN: await idToken('gitlab') }
    await run(['credential-helper', 'get'], host(), env)
    const kept = await readdir(join(folder, 'berth'))
    expect(kept).toHaveLength(1)
    expect((await stat(join(folder, 'berth', kept[0] ?? ''))).mode & 0o077).toBe(0)
    expect((await stat(join(folder, 'berth'))).mode & 0o077).toBe(0)
  })
})

describe('the kubelet’s credential provider', () => {
  const request = (more: object = {}) =>
    JSON.stringify({
      apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
      kind: 'CredentialProviderRequest',
      image: `${host()}/team/app:v1`,
      ...more,
    })

  test('exchanges the pod’s token, and says for how long its answer holds', async () => {
    const input = request({ serviceAccountToken: await idToken('kubernetes'), serviceAccountAnnotations: {} })
    const { output, code } = await run(['kubelet-credential-provider'], input)
    const answer = JSON.parse(output) as { cacheDuration: string }
    expect({ ...answer, cacheDuration: '' }).toEqual({
      apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
      kind: 'CredentialProviderResponse',
      cacheKeyType: 'Registry',
      cacheDuration: '',
      auth: { [host()]: { username: 'token', password: 'token-of-berth-1' } },
    } as never)
    const seconds = Number(/^(\d+)s$/.exec(answer.cacheDuration)?.[1])
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(270)
    expect(code).toBe(0)
  })

  test('has nothing for an image of another registry', async () => {
    const input = request({ image: 'docker.io/library/alpine', serviceAccountToken: await idToken('kubernetes') })
    const { output } = await run(['kubelet-credential-provider'], input)
    expect(JSON.parse(output)).toMatchObject({ auth: {}, cacheDuration: '0s' })
    expect(berth.state.exchanges).toBe(0)
  })

  test.each(['', '{}', 'null', '[]', '{"apiVersion":"credentialprovider.kubelet.k8s.io/v1"}'])(
    'refuses what is no request: %j',
    async input => {
      const { output, errors, code } = await run(['kubelet-credential-provider'], input)
      expect({ output, code }).toEqual({ output: '', code: 1 })
      expect(errors).toContain('expected a CredentialProviderRequest')
    },
  )
})
