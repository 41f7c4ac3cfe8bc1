import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobOf, imageOf } from '../support/registry-client.ts'
import {
  ADMIN,
  type Api,
  apiOf,
  auditOf,
  basicOf,
  type Caller,
  startClosed,
  until,
  userOf,
} from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'

const RULE = {
  issuer: 'https://token.actions.example.com',
  audience: 'berth',
  conditions: { repository_id: '4711', ref: ['refs/heads/main', 'refs/tags/*'] },
  permissions: ['push'],
}

describe('projects', () => {
  let berth: Berth
  let folder: string
  let admin: Api
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-projects-'))
    const settings = join(folder, 'berth.yaml')
    const issuer = { issuer: RULE.issuer, kind: 'github' }
    await Bun.write(settings, JSON.stringify({ identity: { workload: { issuers: [issuer] } } }))
    berth = await startClosed({ BERTH_CONFIG: settings })
    admin = apiOf(berth.url, ADMIN)
  })
  afterAll(async () => {
    await berth[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  /** A user with a role, or single permissions, in a project. */
  const memberOf = async (project: string, name: string, grant: object): Promise<Api> => {
    const caller = await userOf(admin, name)
    const { status, body } = await admin('POST', `/projects/${project}/members`, {
      subject: { kind: 'user', name },
      ...grant,
    })
    if (status !== 201) throw new Error(JSON.stringify(body))
    return apiOf(berth.url, caller)
  }
  const push = (caller: Caller, path: string) =>
    fetch(`${berth.url}/v2/${path}`, { method: 'POST', headers: { Authorization: basicOf(caller) } })

  test('whoever makes a project owns it, and only those who may make one', async () => {
    const maker = apiOf(berth.url, await userOf(admin, 'maker', { systemRole: 'project creator' }))
    const other = apiOf(berth.url, await userOf(admin, 'other'))
    expect((await other('POST', '/projects', { name: 'others' })).status).toBe(403)
    expect((await maker('POST', '/projects', { name: 'made' })).status).toBe(201)
    expect((await maker('POST', '/projects', { name: 'made' })).status).toBe(409)
    expect((await maker('GET', '/projects/made/members')).body.items).toMatchObject([
      { subject: { kind: 'user', name: 'maker' }, role: 'owner' },
    ])
    expect((await other('GET', '/projects')).body.items).toEqual([])
    expect((await other('GET', '/projects/made')).status).toBe(403)
    expect((await other('GET', '/projects/there-is-none')).status).toBe(403)
    expect((await admin('GET', '/projects/there-is-none')).status).toBe(404)
    expect((await maker('PATCH', '/projects/made', { visibility: 'public' })).body.visibility).toBe('public')
    expect((await maker('DELETE', '/projects/made')).status).toBe(204)
    const isOfIt = ({ type, resource }: { type: string; resource: { project?: string } }) =>
      resource.project === 'made' && type.startsWith('project.')
    const entries = (await auditOf(berth)).filter(isOfIt)
    expect(entries.map(({ type }) => type)).toEqual(['project.create', 'project.update', 'project.delete'])
    expect(entries[1]?.detail).toEqual({ 'visibility.before': 'private', 'visibility.after': 'public' })
  })

  test('a project with repositories stays', async () => {
    await admin('POST', '/projects', { name: 'full' })
    const config = blobOf('{}')
    const begun = await push(ADMIN, 'full/app/blobs/uploads/')
    const location = new URL(begun.headers.get('Location') ?? '', berth.url)
    location.searchParams.set('digest', config.digest)
    const headers = { Authorization: basicOf(ADMIN) }
    await fetch(location, { method: 'PUT', body: config.bytes, headers })
    const image = imageOf([config])
    const put = await fetch(`${berth.url}/v2/full/app/manifests/v1`, {
      method: 'PUT',
      body: image.bytes,
      headers: { ...headers, 'Content-Type': image.mediaType },
    })
    expect(put.status).toBe(201)
    expect((await admin('DELETE', '/projects/full')).status).toBe(409)
    expect((await admin('GET', '/projects/full')).status).toBe(200)
  })

  test('nobody gives away what they do not have', async () => {
    await admin('POST', '/projects', { name: 'gifts' })
    const keeper = await memberOf('gifts', 'keeper', { permissions: ['manage members'] })
    const held = { subject: { kind: 'user', name: 'keeper' }, role: 'reader', repositories: 'gifts/a/**' }
    await admin('POST', '/projects/gifts/members', held)
    await userOf(admin, 'friend')
    const give = async (grant: object) =>
      (await keeper('POST', '/projects/gifts/members', { subject: { kind: 'user', name: 'friend' }, ...grant })).status
    expect(await give({ role: 'owner' })).toBe(403)
    expect(await give({ role: 'reader' })).toBe(403)
    expect(await give({ role: 'reader', repositories: 'gifts/b/**' })).toBe(403)
    expect(await give({ role: 'developer', repositories: 'gifts/a/**' })).toBe(403)
    expect(await give({ permissions: ['push'], repositories: 'gifts/a/x' })).toBe(403)
    expect(await give({ role: 'reader', repositories: 'gifts/a/**' })).toBe(201)
    expect(await give({ role: 'reader', repositories: 'gifts/a/x/*' })).toBe(201)
    // Neither for themselves, nor through a robot, nor through the secret of a robot that is there already.
    const self = { subject: { kind: 'user', name: 'keeper' }, role: 'owner' }
    expect((await keeper('POST', '/projects/gifts/members', self)).status).toBe(403)
    expect((await keeper('POST', '/projects/gifts/robots', { name: 'r', grants: [{ role: 'owner' }] })).status).toBe(
      403,
    )
    const strong = await admin('POST', '/projects/gifts/robots', { name: 'strong', grants: [{ role: 'owner' }] })
    const tokens = '/projects/gifts/robots/strong/tokens'
    expect((await keeper('POST', tokens, { name: 'mine' })).status).toBe(403)
    expect((await keeper('POST', `${tokens}/${strong.body.token.id}/rotate`, {})).status).toBe(403)
    // Nor takes it from those who have more.
    const [owner] = (await admin('GET', '/projects/gifts/members')).body.items
    expect((await keeper('DELETE', `/projects/gifts/members/${owner.id}`)).status).toBe(403)
    const denials = (await auditOf(berth)).filter(
      ({ type, actor }) => type === 'administration.denied' && actor.name === 'keeper',
    )
    expect(denials.length).toBe(10)
  })

  test('a token that is restricted gives away no more than it may itself', async () => {
    await admin('POST', '/projects', { name: 'scoped' })
    await memberOf('scoped', 'rich', { role: 'owner' })
    const rich = { name: 'rich', password: 'richs-long-password' }
    const scope = [{ repositories: 'scoped/**', permissions: ['manage members', 'pull'] }]
    const { body } = await apiOf(berth.url, rich)('POST', '/account/tokens', { name: 'ci', lifetimeDays: 1, scope })
    const restricted = apiOf(berth.url, { name: 'rich', password: body.token })
    const give = async (role: string) =>
      (
        await restricted('POST', '/projects/scoped/members', {
          subject: { kind: 'user', name: 'admin' },
          role,
          repositories: 'scoped/**',
        })
      ).status
    expect(await give('owner')).toBe(403)
    expect(await give('developer')).toBe(403)
    expect((await restricted('POST', '/account/tokens', { name: 'free', lifetimeDays: 1 })).status).toBe(403)
    expect((await restricted('GET', '/projects/scoped/trust-rules')).status).toBe(403)
  })

  test('an id of another project is not found, whoever owns this one', async () => {
    for (const name of ['mine', 'theirs']) await admin('POST', '/projects', { name })
    const owner = await memberOf('mine', 'owner-of-mine', { role: 'owner' })
    const theirs = await admin('POST', '/projects/theirs/robots', { name: 'ci', grants: [{ role: 'CI' }] })
    await owner('POST', '/projects/mine/robots', { name: 'ci', grants: [{ role: 'CI' }] })
    await admin('POST', '/projects/theirs/trust-rules', { name: 'main', ...RULE })
    const [grant] = (await admin('GET', '/projects/theirs/members')).body.items
    const tries = [
      ['DELETE', `/projects/mine/members/${grant.id}`],
      ['DELETE', '/projects/mine/trust-rules/main'],
      ['DELETE', `/projects/mine/robots/ci/tokens/${theirs.body.token.id}`],
      ['POST', `/projects/mine/robots/ci/tokens/${theirs.body.token.id}/rotate`, {}],
      ['DELETE', `/account/tokens/${theirs.body.token.id}`],
      ['POST', `/account/tokens/${theirs.body.token.id}/rotate`, {}],
    ] as const
    for (const [method, path, body] of tries)
      expect({ path, status: (await owner(method, path, body)).status }).toEqual({ path, status: 404 })
    expect((await owner('GET', '/projects/mine/robots/theirs%2Bci')).status).toBe(400)
    expect((await owner('DELETE', `/projects/theirs/members/${grant.id}`)).status).toBe(403)
    const foreign = { subject: { kind: 'robot', name: 'theirs+ci' }, role: 'reader' }
    expect((await owner('POST', '/projects/mine/members', foreign)).status).toBe(400)
    expect((await admin('GET', '/projects/theirs/members')).body.items.length).toBe(2)
    expect((await admin('GET', '/projects/theirs/robots/ci/tokens')).body.items[0].revokedAt).toBeUndefined()
  })

  test('a pattern that would match nothing is refused', async () => {
    await admin('POST', '/projects', { name: 'globs' })
    for (const repositories of ['other/**', 'globs*', '', '/', 'Globs/x', '../globs/**']) {
      const grant = { subject: { kind: 'user', name: 'admin' }, role: 'reader', repositories }
      const { status } = await admin('POST', '/projects/globs/members', grant)
      expect({ repositories, status }).toEqual({ repositories, status: 400 })
    }
  })

  test('only pipelines push where the project says so, until somebody breaks the glass with a reason', async () => {
    await admin('POST', '/projects', { name: 'prod' })
    const maintainer = await memberOf('prod', 'mia', { role: 'maintainer' })
    const developer = await memberOf('prod', 'dev', { role: 'developer' })
    const mia = { name: 'mia', password: 'mias-long-password' }
    const begin = async (caller: Caller) => (await push(caller, 'prod/app/blobs/uploads/')).status
    const glass = '/projects/prod/break-glass'
    expect((await maintainer('POST', glass, { reason: 'nothing is shut yet' })).status).toBe(409)
    expect((await maintainer('PATCH', '/projects/prod/policy', { pushers: 'pipelines' })).status).toBe(200)
    expect(await until(async () => (await begin(mia)) === 403)).toBe(true)
    expect(await begin(ADMIN)).toBe(403)
    expect((await maintainer('POST', glass, { reason: 'short' })).status).toBe(400)
    expect((await maintainer('POST', glass, { reason: '          .          ' })).status).toBe(400)
    expect((await maintainer('POST', glass, { reason: 'the pipeline is down', minutes: 241 })).status).toBe(400)
    expect((await developer('POST', glass, { reason: 'I would like to' })).status).toBe(403)
    expect((await maintainer('POST', glass, { reason: 'the pipeline is down', minutes: 30 })).status).toBe(201)
    expect(await until(async () => (await begin(mia)) === 202)).toBe(true)
    expect(await begin(ADMIN)).toBe(403)
    expect((await maintainer('DELETE', glass)).status).toBe(204)
    expect(await until(async () => (await begin(mia)) === 403)).toBe(true)
    const entries = (await auditOf(berth)).filter(({ type }) => type.startsWith('break-glass'))
    expect(entries.map(({ type, detail }) => [type, detail?.reason])).toEqual([
      ['break-glass.open', 'the pipeline is down'],
      ['break-glass.close', undefined],
    ])
  })

  test('network rules are addresses and ranges, and are taken away with null', async () => {
    await admin('POST', '/projects', { name: 'nets' })
    const network = { push: { allow: ['10.0.0.0/8', 'fd00::/8'] }, administration: { deny: ['192.0.2.7'] } }
    expect((await admin('PATCH', '/projects/nets/policy', { network })).body.network).toEqual(network)
    const wrong = await admin('PATCH', '/projects/nets/policy', {
      network: { pull: { deny: ['10.0.0.0/8', 'everywhere'] } },
    })
    expect([wrong.status, wrong.body.errors[0].field]).toEqual([400, 'network.pull.deny.1'])
    expect((await admin('PATCH', '/projects/nets/policy', { network: { delete: {} } })).status).toBe(400)
    expect((await admin('PATCH', '/projects/nets/policy', { network: null })).body.network).toBeUndefined()
  })

  test('a trust rule says who is trusted for what, and never everybody for everything', async () => {
    await admin('POST', '/projects', { name: 'rules' })
    const maintainer = await memberOf('rules', 'max', { role: 'maintainer' })
    const add = async (change: object) =>
      (await maintainer('POST', '/projects/rules/trust-rules', { name: 'main', ...RULE, ...change })).status
    expect(await add({ conditions: {} })).toBe(400)
    expect(await add({ conditions: { ref: '**' } })).toBe(400)
    expect(await add({ conditions: { ref: [] } })).toBe(400)
    const github = { conditions: { ref: 'refs/heads/main' } }
    const unpinned = await maintainer('POST', '/projects/rules/trust-rules', { name: 'main', ...RULE, ...github })
    expect(unpinned.body.errors).toEqual([
      { field: 'conditions', message: expect.stringMatching(/^a rule for github tokens must pin .*, without stars$/) },
    ])
    expect(await add({ issuer: 'http://issuer.example.com' })).toBe(400)
    expect(await add({ issuer: 'file:///etc/passwd' })).toBe(400)
    expect(await add({ audience: '*' })).toBe(400)
    expect(await add({ permissions: ['manage members'] })).toBe(400)
    expect(await add({ repositories: 'others/**' })).toBe(400)
    expect(await add({ lifetimeSeconds: 86_400 })).toBe(400)
    expect(await add({ secret: 'x' })).toBe(400)
    expect(await add({})).toBe(201)
    expect(await add({})).toBe(409)
    const { body } = await maintainer('GET', '/projects/rules/trust-rules')
    expect(body.items).toMatchObject([{ name: 'main', ...RULE, repositories: '**', tags: '*', lifetimeSeconds: 600 }])
    expect((await maintainer('DELETE', '/projects/rules/trust-rules/main')).status).toBe(204)
  })

  test('why somebody may or may not do something is told to those who manage members there', async () => {
    await admin('POST', '/projects', { name: 'why' })
    const owner = await memberOf('why', 'olga', { role: 'owner' })
    const reader = await memberOf('why', 'rita', { role: 'reader', repositories: 'why/web/*' })
    const ask = (api: Api, query: Record<string, string>) => api('GET', `/access/explain?${new URLSearchParams(query)}`)
    const question = { who: 'rita', action: 'pull', repository: 'why/web/app' }
    expect((await ask(owner, question)).body).toEqual({ isAllowed: true, because: 'role reader' })
    expect((await ask(owner, { ...question, action: 'push' })).body).toMatchObject({ isAllowed: false })
    expect((await ask(owner, { ...question, who: 'anonymous' })).body.isAllowed).toBe(false)
    expect((await ask(owner, { ...question, who: 'nobody' })).status).toBe(404)
    expect((await ask(reader, question)).status).toBe(403)
    expect((await ask(owner, { ...question, repository: 'rules/app' })).status).toBe(403)
    expect((await ask(owner, { who: 'rita', action: 'manage registry' })).status).toBe(403)
    expect((await ask(admin, { who: 'rita', action: 'manage registry' })).body.isAllowed).toBe(false)
    // The project that is asked about and the one that is answered for are one.
    expect((await ask(owner, { ...question, project: 'why', repository: 'rules/app' })).status).not.toBe(200)
  })
})
