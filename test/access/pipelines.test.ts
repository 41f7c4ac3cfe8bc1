import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { JWTPayload } from 'jose'
import { basic, bearer } from '../support/identities.ts'
import { githubClaims, gitlabClaims, kubernetesClaims } from '../support/pipeline-tokens.ts'
import { blobOf, imageOf } from '../support/registry-client.ts'
import { ADMIN, auditOf, until, userOf } from '../support/sign-in.ts'
import { startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts'
import { findTool } from '../tools/find-tools.ts'
import { type Configured, runClient, smallImage, startConfigured } from './configured.ts'

const AUDIENCE = 'https://berth.example'
const BIN = join(import.meta.dir, '../../bin')
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'

describe('pipelines', () => {
  let running: Configured
  let layout: string
  let host: string
  const issuers = {} as { github: TokenIssuer; gitlab: TokenIssuer; kubernetes: TokenIssuer }
  const claimsOf = { github: githubClaims, gitlab: gitlabClaims, kubernetes: kubernetesClaims }
  const idToken = (house: keyof typeof issuers, changes: JWTPayload = {}) =>
    issuers[house].sign({ ...claimsOf[house](issuers[house].url, AUDIENCE, Date.now()), ...changes })
  const rule = (name: string, house: keyof typeof issuers, conditions: object, more: object = {}) =>
    running.admin('POST', '/projects/fleet/trust-rules', {
      name,
      issuer: issuers[house].url,
      audience: AUDIENCE,
      conditions,
      permissions: ['push'],
      ...more,
    })

  beforeAll(async () => {
    issuers.github = await startTokenIssuer()
    issuers.gitlab = await startTokenIssuer()
    issuers.kubernetes = await startTokenIssuer()
    running = await startConfigured({
      outbound: { allowedPrivate: ['127.0.0.1'] },
      identity: {
        workload: { issuers: Object.entries(issuers).map(([kind, { url }]) => ({ issuer: url, kind })) },
      },
    })
    host = running.berth.host
    await userOf(running.admin, 'mia')
    await running.project('fleet', { mia: 'maintainer' })
    expect((await running.admin('PATCH', '/projects/fleet/policy', { pushers: 'pipelines' })).status).toBe(200)
    const added = await rule('main', 'github', { repository_id: '74', ref: ['refs/heads/main', 'refs/tags/*'] })
    expect(added.status).toBe(201)
    expect((await rule('lab', 'gitlab', { project_id: '20' })).status).toBe(201)
    const pod = {
      'kubernetes.io/namespace': 'ci',
      'kubernetes.io/serviceaccount/uid': '14ee3fa4-a7e2-420f-9f9a-dbc4507c3798',
    }
    expect((await rule('pods', 'kubernetes', pod, { permissions: ['pull'] })).status).toBe(201)
    layout = await smallImage(join(running.folder, 'layout'))
  })
  afterAll(async () => {
    await running[Symbol.asyncDispose]()
    for (const issuer of Object.values(issuers)) issuer[Symbol.dispose]()
  })

  const post = async (form: Record<string, string>) => {
    const response = await fetch(`${running.berth.url}/token`, { method: 'POST', body: new URLSearchParams(form) })
    return { status: response.status, body: (await response.json()) as Record<string, string> }
  }
  const exchange = (token: string, scope?: string) =>
    post({ grant_type: EXCHANGE, subject_token: token, subject_token_type: ID_TOKEN, ...(scope ? { scope } : {}) })
  const begin = (headers: Record<string, string>, repository = 'fleet/app') =>
    running.told(running.ask('POST', `${repository}/blobs/uploads/`, { headers }))
  const home = (name: string) => ({
    DOCKER_CONFIG: join(running.folder, name),
    REGISTRY_AUTH_FILE: join(running.folder, name, 'auth.json'),
  })

  test('docker’s flow: the ID token once as a password, and from then on what the login gave', async () => {
    const token = await idToken('github')
    const { url } = running.berth
    const query = new URLSearchParams({ account: 'oidc', client_id: 'docker', offline_token: 'true', service: host })
    const login = await fetch(`${url}/token?${query}`, { headers: basic('oidc', token) })
    const { refresh_token: refresh = '', token: first = '' } = (await login.json()) as Record<string, string>
    expect(login.status).toBe(200)
    expect((await running.ask('GET', '', { headers: bearer(first) })).status).toBe(200)
    const again = await fetch(`${url}/token?${query}`, { headers: basic('oidc', token) })
    expect(await running.told(again)).toEqual({ status: 401, message: 'The token was used before, and counts once.' })
    for (let times = 0; times < 2; times += 1) {
      const scope = 'repository:fleet/app:pull,push'
      const { status, body } = await post({
        grant_type: 'refresh_token',
        refresh_token: refresh,
        client_id: 'docker',
        service: host,
        scope,
      })
      expect([status, body.scope]).toEqual([200, 'repository:fleet/app:push'])
      expect((await begin(bearer(body.access_token ?? ''))).status).toBe(202)
      expect((await begin(bearer(body.access_token ?? ''), 'fleet/other')).status).toBe(401)
    }
  })

  // The command line alone signs in by itself, and keeps what it is given.
  test.skipIf(findTool('docker') === undefined)('docker login with an ID token lasts as long as the job', async () => {
    expect((await rule('docker', 'github', { repository_id: '81' }, { permissions: ['pull', 'push'] })).status).toBe(
      201,
    )
    const env = home('docker')
    const login = async () => {
      const password = await idToken('github', { repository_id: '81' })
      return runClient(running.folder, 'docker login -u oidc -p', [password, host], env)
    }
    expect(await until(async () => (await login()).code === 0)).toBe(true)
    const kept = await Bun.file(join(env.DOCKER_CONFIG, 'config.json')).text()
    expect(kept).toContain('identitytoken')
    // Another client that reads the same file sends it by the same way.
    const image = `${host}/fleet/docker:1`
    const pushed = await runClient(running.folder, 'crane --insecure push --index', [layout, image], env)
    expect(pushed).toMatchObject({ code: 0 })
    for (let times = 0; times < 2; times += 1)
      expect(await runClient(running.folder, 'docker manifest inspect --insecure', [image], env)).toMatchObject({
        code: 0,
      })
  })

  test('RFC 8693: an exchanged token is a password for crane and skopeo', async () => {
    const { status, body } = await exchange(await idToken('github'))
    expect([status, body.issued_token_type, body.token_type]).toEqual([
      200,
      'urn:ietf:params:oauth:token-type:access_token',
      'Bearer',
    ])
    expect(Number(body.expires_in)).toBeLessThanOrEqual(600)
    const password = body.access_token ?? ''
    const env = home('exchanged')
    const { folder } = running
    expect(await runClient(folder, 'crane auth login -u token -p', [password, host], env)).toMatchObject({ code: 0 })
    const pushed = await runClient(folder, 'crane --insecure push --index', [layout, `${host}/fleet/crane:1`], env)
    expect(pushed).toMatchObject({ code: 0 })
    const copied = await runClient(
      folder,
      `skopeo copy --dest-tls-verify=false --dest-creds=token:${password}`,
      [`oci:${layout}:small`, `docker://${host}/fleet/skopeo:1`],
      env,
    )
    expect(copied).toMatchObject({ code: 0 })
  })

  test('what a pipeline pushed is in the audit log with the run it came from', async () => {
    const { body } = await exchange(await idToken('github', { run_id: '4711' }))
    const headers = basic('token', body.access_token ?? '')
    const config = blobOf('{}')
    const image = imageOf([config], { note: 'audited' })
    await running.ask('POST', `fleet/audited/blobs/uploads/?digest=${config.digest}`, { headers, body: config.bytes })
    const put = { headers: { ...headers, 'Content-Type': image.mediaType }, body: image.bytes }
    expect((await running.ask('PUT', 'fleet/audited/manifests/v1', put)).status).toBe(201)
    const entry = (await auditOf(running.berth)).find(
      ({ type, resource }) => type === 'manifest.push' && resource.repository === 'fleet/audited',
    )
    expect(entry?.actor).toMatchObject({
      kind: 'pipeline',
      authenticatedBy: 'identity token',
      claims: {
        iss: issuers.github.url,
        repository: 'octo-org/octo-repo',
        repository_id: '74',
        run_id: '4711',
        run_attempt: '2',
        sha: 'f1d2d2f924e986ac86fdf7b36c94bcdf32beec15',
        job_workflow_ref: 'octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main',
      },
    })
  })

  test('a token counts once, also when both ways are tried at the same time', async () => {
    const token = await idToken('gitlab')
    const tries = await Promise.all(Array.from({ length: 6 }, () => exchange(token)))
    expect(tries.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await exchange(token)).toMatchObject({
      status: 401,
      body: { error: 'invalid_grant', error_description: 'The token was used before, and counts once.' },
    })
    // One that is refused is not used up.
    const scoped = await idToken('gitlab')
    expect((await post({ grant_type: EXCHANGE, subject_token: scoped, subject_token_type: 'x' })).status).toBe(400)
    expect((await exchange(scoped, 'repository:fleet/app:push,delete')).body.scope).toBe('repository:fleet/app:push')
  })

  test.each([
    ['another audience', 'github', { aud: 'https://other.example' }, 'The token is for another audience.'],
    [
      'several audiences',
      'github',
      { aud: [AUDIENCE, 'https://other.example'] },
      'The token is for several audiences.',
    ],
    [
      'another repository of that name',
      'github',
      { repository_id: '75' },
      'No trust rule names the pipeline of this token: repository_id "75", repository_owner_id "65".',
    ],
    ['another branch', 'github', { ref: 'refs/heads/feature' }, 'the claim ref is "refs/heads/feature", not'],
    ['pull_request_target', 'github', { event_name: 'pull_request_target' }, "runs a stranger's code"],
    [
      'a merge request of a fork',
      'gitlab',
      { job_project_id: '21' },
      "project_id and job_project_id differ: a fork's pipeline",
    ],
    [
      'a GitLab that does not say where the job runs',
      'gitlab',
      { job_project_id: undefined },
      'the token lacks project_id or job_project_id',
    ],
    [
      'another pod',
      'kubernetes',
      { 'kubernetes.io': { namespace: 'ci' } },
      'kubernetes.io/serviceaccount/uid is not there',
    ],
    [
      'another issuer',
      'github',
      { iss: 'https://token.actions.githubusercontent.com' },
      'Nobody here trusts the issuer of the token.',
    ],
    ['what has expired', 'github', { exp: 1_700_000_000 }, 'The token has expired.'],
  ] as const)('%s is refused with the reason, by each way in', async (_, house, changes, reason) => {
    const exchanged = await exchange(await idToken(house, changes as JWTPayload))
    expect(exchanged.status).toBe(401)
    expect(exchanged.body.error_description).toContain(reason)
    const asPassword = await begin(basic('oidc', await idToken(house, changes as JWTPayload)))
    expect(asPassword.status).toBe(401)
    expect(asPassword.message).toContain(reason)
  })

  test('what the rules of others say is in the audit log, and told to nobody else', async () => {
    const { body } = await exchange(await idToken('github', { repository_id: '76' }))
    expect(body.error_description).not.toMatch(/fleet|main|74/)
    const found = async () =>
      (await auditOf(running.berth)).some(
        ({ type, reason }) =>
          type === 'authentication.failed' &&
          reason?.includes('fleet/main: the claim repository_id is "76", not 74') === true,
      )
    expect(await until(found)).toBe(true)
  })

  test('a rule gives what it says, in its own project', async () => {
    const { body } = await exchange(await idToken('github'))
    const headers = basic('token', body.access_token ?? '')
    await running.project('harbour')
    expect((await begin(headers, 'harbour/app')).status).toBe(403)
    const read = await running.told(running.ask('GET', 'fleet/audited/manifests/v1', { headers }))
    expect([read.status, read.message]).toEqual([
      403,
      'Pipeline repo:octo-org@65/octo-repo@74:ref:refs/heads/main has no role that allows pull in fleet/audited.',
    ])
    const api = await fetch(`${running.berth.url}/api/v1/projects/fleet/trust-rules`, { headers })
    expect(api.status).toBe(403)
  })

  test('people push only by breaking the glass, administrators too, and are told so', async () => {
    const mia = { name: 'mia', password: 'mias-long-password' }
    const push = (tag: string, env: object) =>
      runClient(running.folder, 'crane --insecure push --index', [layout, `${host}/fleet/people:${tag}`], env)
    for (const { name, password } of [mia, ADMIN]) {
      await runClient(running.folder, 'crane auth login -u', [name, '-p', password, host], home(name))
      const { code, output } = await push('1', home(name))
      expect(code).not.toBe(0)
      expect(output).toContain(`Only pipelines may push to fleet, and user ${name} is none`)
    }
    const robot = await running.admin('POST', '/projects/fleet/robots', { name: 'old-ci', grants: [{ role: 'CI' }] })
    expect(robot.status).toBe(201)
    const secret: string = robot.body.token.token
    await runClient(running.folder, 'crane auth login -u', ['fleet+old-ci', '-p', secret, host], home('robot'))
    expect((await push('1', home('robot'))).output).toContain(
      'Only pipelines may push to fleet, and robot fleet+old-ci is none',
    )
    const glass = '/projects/fleet/break-glass'
    const reason = 'the forge is down and the fix is urgent'
    expect((await running.admin('POST', glass, { reason: '' })).status).toBe(400)
    expect((await running.admin('POST', glass, { reason, minutes: 5 })).status).toBe(201)
    expect(await until(async () => (await push('2', home('admin'))).code === 0)).toBe(true)
    expect((await push('3', home('mia'))).code).not.toBe(0)
    expect((await running.admin('DELETE', glass)).status).toBe(204)
    expect(await until(async () => (await push('4', home('admin'))).code !== 0)).toBe(true)
    const entries = await auditOf(running.berth)
    expect(entries.find(({ type }) => type === 'break-glass.open')).toMatchObject({
      actor: { name: 'admin' },
      detail: { reason },
    })
    const broken = entries.find(
      ({ type, resource }) => type === 'manifest.push' && resource.repository === 'fleet/people',
    )
    expect(broken?.actor.name).toBe('admin')
  })

  test('a rule that is removed takes with it what was issued by it', async () => {
    expect((await rule('brief', 'github', { repository_id: '99' })).status).toBe(201)
    let given: Awaited<ReturnType<typeof exchange>> | undefined
    // A rule that was just added may be unknown for a moment.
    await until(async () => {
      given = await exchange(await idToken('github', { repository_id: '99' }))
      return given.status === 200
    })
    const password = basic('token', given?.body.access_token ?? '')
    const scope = 'repository:fleet/app:push'
    const { body } = await post({ grant_type: 'refresh_token', refresh_token: given?.body.access_token ?? '', scope })
    const client = bearer(body.access_token ?? '')
    expect((await begin(password)).status).toBe(202)
    expect((await begin(client)).status).toBe(202)
    expect((await running.admin('DELETE', '/projects/fleet/trust-rules/brief')).status).toBe(204)
    for (const headers of [password, client])
      expect(await until(async () => (await begin(headers)).status === 401)).toBe(true)
    expect((await begin(password)).message).toContain('is gone')
    expect((await exchange(await idToken('github', { repository_id: '99' }))).status).toBe(401)
  })

  test('the credential helper signs docker’s clients in with the identity of the job', async () => {
    const folder = join(running.folder, 'helped')
    await Bun.write(join(folder, 'config.json'), JSON.stringify({ credHelpers: { [host]: 'berth' } }))
    const token = join(folder, 'id-token')
    await Bun.write(token, `${await idToken('gitlab')}\n`)
    const env = {
      PATH: `${BIN}:${process.env.PATH}`,
      DOCKER_CONFIG: folder,
      XDG_RUNTIME_DIR: folder,
      BERTH_URL: running.berth.url,
      BERTH_ID_TOKEN_FILE: token,
    }
    // Several pushes with one ID token, which counts once: what it was exchanged for is kept.
    for (const tag of ['1', '2']) {
      const pushed = await runClient(
        running.folder,
        'crane --insecure push --index',
        [layout, `${host}/fleet/helped:${tag}`],
        env,
      )
      expect(pushed).toMatchObject({ code: 0 })
    }
    await Bun.write(token, await idToken('gitlab', { project_id: '21', job_project_id: '21' }))
    const helper = Bun.spawn([join(BIN, 'docker-credential-berth'), 'get'], {
      env: { ...env, BERTH_CONFIG: '/nowhere' },
      stdin: new Blob([host]),
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const output = await helper.stdout.text()
    expect(await helper.exited).toBe(1)
    expect(output).toContain(
      `${host} refused the ID token (401): No trust rule names the pipeline of this token: project_id "21"`,
    )
  })

  test('the kubelet’s provider gives nodes what the pod may pull', async () => {
    const request = {
      apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
      kind: 'CredentialProviderRequest',
      image: `${host}/fleet/audited:v1`,
      serviceAccountToken: await idToken('kubernetes'),
    }
    const provider = Bun.spawn([join(BIN, 'berth-kubelet-credential-provider')], {
      env: {
        PATH: process.env.PATH,
        HOME: running.folder,
        XDG_RUNTIME_DIR: running.folder,
        BERTH_URL: running.berth.url,
      },
      stdin: new Blob([JSON.stringify(request)]),
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const { auth } = JSON.parse(await provider.stdout.text())
    expect(await provider.exited).toBe(0)
    const { username, password } = auth[host]
    const pulled = await running.ask('GET', 'fleet/audited/manifests/v1', { headers: basic(username, password) })
    expect(pulled.status).toBe(200)
    // Kubernetes gives the same token again, so it may be used again.
    expect((await exchange(request.serviceAccountToken)).status).toBe(200)
    expect((await begin(basic(username, password))).status).toBe(403)
  })
})
