import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { sqlOn } from '../support/database.ts'
import { basic, bearer, RIGHTS_COUNT_AFTER_MS, registryToken } from '../support/identities.ts'
import { ACCEPT, imageOf, registryClient } from '../support/registry-client.ts'
import { ADMIN, type Api, apiOf, auditOf, userOf } from '../support/sign-in.ts'
import { berthOver, type Run } from './command.ts'
import { digestOfTag, imageSaying, push, startTeam, type TeamRegistry } from './registry.ts'

let registry: TeamRegistry
let berth: Run
beforeAll(async () => {
  registry = await startTeam()
  berth = berthOver(registry.berth, registry.owner)
})
afterAll(() => registry[Symbol.asyncDispose]())

const settled = () => Bun.sleep(RIGHTS_COUNT_AFTER_MS)
const rename = async (from: string, to: string, as: Api = registry.asOwner) =>
  as('POST', `/projects/${from.split('/')[0]}/rename-repository`, { repository: from, to })
/** A member of `team` with that role. */
async function member(name: string, role: string, project = 'team', more: object = {}) {
  const caller = await userOf(registry.admin, name)
  const body = { subject: { kind: 'user', name }, role, ...more }
  const { status } = await registry.asOwner('POST', `/projects/${project}/members`, body)
  expect(status).toBe(201)
  await settled()
  return { ...caller, api: apiOf(registry.berth.url, caller), headers: basic(caller.name, caller.password) }
}
const ask = (method: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${registry.berth.url}/v2/${path}`, { method, headers: { Accept: ACCEPT, ...headers } })
async function messageOf(response: Response): Promise<string> {
  const { errors } = (await response.json()) as { errors: { message: string }[] }
  return errors[0]?.message ?? ''
}

describe('a repository that is renamed', () => {
  test('is pulled whole by its old name, with a warning that tells the new one', async () => {
    const { client, owner } = registry
    const digest = await push(client, 'team/web', 'v1', 'web')
    const referrer = imageOf(imageSaying('web').blobs, { subject: imageSaying('web').image, artifactType: 'a/b' })
    expect(await client.putManifest('team/web', referrer.digest, referrer)).toBe(201)
    expect(await berth('repository', 'rename', 'team/web', 'team/site/web')).toMatchObject({ code: 0 })
    const headers = basic(owner.name, owner.password)
    const layer = imageSaying('web').blobs[1]?.digest
    for (const [method, path] of [
      ['GET', 'manifests/v1'],
      ['HEAD', 'manifests/v1'],
      ['GET', `manifests/${digest}`],
      ['GET', `blobs/${layer}`],
      ['HEAD', `blobs/${layer}`],
      ['GET', 'tags/list'],
      ['GET', `referrers/${digest}`],
    ] as const) {
      const [old, now] = [
        await ask(method, `team/web/${path}`, headers),
        await ask(method, `team/site/web/${path}`, headers),
      ]
      expect([path, old.status, old.headers.get('Warning')]).toEqual([
        path,
        200,
        '299 - "team/web is now team/site/web: pull it by that name"',
      ])
      expect(now.headers.get('Warning')).toBeNull()
      expect((await old.text()).replace('team/site/web', 'team/web')).toBe(
        (await now.text()).replace('team/site/web', 'team/web'),
      )
    }
    expect(await client.list(`team/web/referrers/${digest}`, 'manifests')).toHaveLength(1)
    expect(await client.list(`team/nothing/referrers/sha256:${'0'.repeat(64)}`, 'manifests')).toEqual([])
    const records = (await auditOf(registry.berth)).filter(({ type }) => type === 'repository.rename')
    expect(records).toMatchObject([
      {
        actor: { name: 'olga' },
        resource: { project: 'team', repository: 'team/site/web' },
        detail: { before: 'team/web', after: 'team/site/web' },
      },
    ])
  })

  test('is not in lists by its old name, and its tags, locks and history are what they were', async () => {
    const { client, asOwner } = registry
    await push(client, 'team/kept', 'v1', 'kept one')
    await push(client, 'team/kept', 'v1', 'kept two')
    expect(
      (await asOwner('POST', '/projects/team/locks', { repository: 'team/kept', kinds: ['delete'], reason: 'a test' }))
        .status,
    ).toBe(201)
    expect((await rename('team/kept', 'team/kept-2')).status).toBe(200)
    const { repositories } = (await (
      await ask('GET', '_catalog', basic(registry.owner.name, registry.owner.password))
    ).json()) as { repositories: string[] }
    expect(repositories).toContain('team/kept-2')
    expect(repositories).not.toContain('team/kept')
    const { body } = await asOwner('GET', '/projects/team/tags/v1/history?repository=team/kept-2')
    expect(body.items).toMatchObject([{ kind: 'move' }, { kind: 'push' }])
    expect(await client.remove('team/kept-2', 'manifests', 'v1')).toBe(403)
  })

  test('takes no pushes by its old name, and says where to push', async () => {
    const { client, owner } = registry
    const digest = await push(client, 'team/moved-on', 'v1', 'moved on')
    expect((await rename('team/moved-on', 'team/there')).status).toBe(200)
    const headers = basic(owner.name, owner.password)
    const { image } = imageSaying('moved on')
    for (const [method, path] of [
      ['POST', 'blobs/uploads/'],
      ['POST', `blobs/uploads/?mount=${imageSaying('moved on').blobs[0]?.digest}&from=team/there`],
      ['DELETE', 'manifests/v1'],
      ['DELETE', `manifests/${digest}`],
      ['DELETE', `blobs/${imageSaying('moved on').blobs[0]?.digest}`],
    ] as const) {
      const response = await ask(method, `team/moved-on/${path}`, headers)
      expect([path, response.status]).toEqual([path, 403])
      expect(await messageOf(response)).toBe('team/moved-on is now team/there: push there.')
    }
    expect(await client.putManifest('team/moved-on', 'v2', image)).toBe(403)
    expect(await digestOfTag(client, 'team/there', 'v1')).toBe(digest)
  })

  test('ends an upload that began under the old name, which begins anew under the new one', async () => {
    const { client } = registry
    await push(client, 'team/uploading', 'v1', 'uploading')
    const begun = await client.begin('team/uploading')
    const location = client.locate(begun)
    expect((await rename('team/uploading', 'team/uploaded')).status).toBe(200)
    const [, layer] = imageSaying('late').blobs
    location.searchParams.set('digest', layer?.digest ?? '')
    const headers = basic(registry.owner.name, registry.owner.password)
    const response = await fetch(location, { method: 'PUT', body: layer?.bytes as Uint8Array<ArrayBuffer>, headers })
    expect(response.status).toBe(403)
    expect(await messageOf(response)).toBe('team/uploading is now team/uploaded: push there.')
    expect((await registry.asOwner('GET', '/projects/team')).status).toBe(200)
    await push(client, 'team/uploaded', 'v2', 'late')
    expect(await sqlOn(registry.berth.dataFolder, "select id from repositories where name = 'team/uploading'")).toEqual(
      [],
    )
  })

  test('is mounted from by its old name', async () => {
    const { client } = registry
    await push(client, 'team/source', 'v1', 'source')
    expect((await rename('team/source', 'team/sourced')).status).toBe(200)
    expect(await client.mount('team/target', imageSaying('source').blobs[1]?.digest ?? '', 'team/source')).toBe(201)
  })

  test('keeps its old name from others until the redirect is removed', async () => {
    const { client, asOwner } = registry
    const digest = await push(client, 'team/name', 'v1', 'name')
    await push(client, 'team/other', 'v1', 'other')
    expect((await rename('team/name', 'team/name-2')).status).toBe(200)
    const taken = await rename('team/other', 'team/name')
    expect([taken.status, taken.body.detail]).toEqual([409, expect.stringContaining('berth redirect remove team/name')])
    expect((await rename('team/other', 'team/name-2')).status).toBe(409)
    const listed = await berth('redirect', 'list', 'team', '--json')
    expect(JSON.parse(listed.stdout)).toContainEqual(
      expect.objectContaining({ name: 'team/name', to: 'team/name-2', kind: 'repository', createdBy: 'olga' }),
    )
    expect(await berth('redirect', 'remove', 'team/name')).toMatchObject({ code: 0 })
    expect(await digestOfTag(client, 'team/name', 'v1')).toBe(404)
    const other = await push(client, 'team/name', 'v1', 'somebody else’s')
    expect(await digestOfTag(client, 'team/name', 'v1')).toBe(other)
    expect(await digestOfTag(client, 'team/name-2', 'v1')).toBe(digest)
    expect((await asOwner('DELETE', '/projects/team/redirects?name=team/name')).status).toBe(404)
  })

  test('may have its old name again, and is found by all that it had', async () => {
    const { client } = registry
    const digest = await push(client, 'team/a', 'v1', 'round')
    for (const [from, to] of [
      ['team/a', 'team/b'],
      ['team/b', 'team/c'],
      ['team/c', 'team/a'],
      ['team/a', 'team/d'],
    ] as const)
      expect((await rename(from, to)).status).toBe(200)
    for (const name of ['a', 'b', 'c', 'd']) expect(await digestOfTag(client, `team/${name}`, 'v1')).toBe(digest)
  })

  test('takes along what names it: grants, tokens, rules of immutable tags, retention', async () => {
    const { client, asOwner } = registry
    const digest = await push(client, 'team/named', 'v1', 'named')
    const dora = await member('dora', 'reader', 'team', { repositories: 'team/named' })
    const token = await dora.api('POST', '/account/tokens', {
      name: 'named only',
      lifetimeDays: 1,
      scope: [{ repositories: 'team/named', permissions: ['pull'] }],
    })
    expect(token.status).toBe(201)
    const rule = { repositories: ['team/named'], tags: [{ glob: '*' }] }
    expect((await asOwner('PUT', '/projects/team/immutability-rules/named', rule)).status).toBe(200)
    const renamed = await rename('team/named', 'team/renamed')
    expect(renamed.body.rewritten).toEqual({
      grants: 1,
      trustRules: 0,
      tokens: 1,
      immutabilityRules: 1,
      retentionPolicies: 0,
      vulnerabilityPolicies: 0,
    })
    await settled()
    for (const headers of [dora.headers, basic('token', token.body.token)]) {
      expect((await ask('GET', `team/renamed/manifests/v1`, headers)).status).toBe(200)
      expect((await ask('GET', `team/named/manifests/v1`, headers)).status).toBe(200)
    }
    const { body } = await asOwner('GET', '/projects/team/immutability-rules')
    expect(body.items.find(({ name }: { name: string }) => name === 'named').repositories).toEqual(['team/renamed'])
    expect(await client.remove('team/renamed', 'manifests', 'v1')).toBe(403)
    expect(await digestOfTag(client, 'team/renamed', 'v1')).toBe(digest)
  })
})

describe('a repository that is moved to another project', () => {
  test('is for those of the new project, and nobody else learns where it is', async () => {
    const { client, berth: server } = registry
    await push(client, 'team/secret', 'v1', 'secret')
    const insider = await member('ines', 'reader', 'crew')
    const teammate = await member('tom', 'maintainer')
    const both = await member('bea', 'reader')
    expect(
      (
        await registry.asOwner('POST', '/projects/crew/members', {
          subject: { kind: 'user', name: 'bea' },
          role: 'reader',
        })
      ).status,
    ).toBe(201)
    expect((await ask('GET', 'team/secret/manifests/v1', teammate.headers)).status).toBe(200)
    expect((await rename('team/secret', 'crew/secret')).status).toBe(200)
    await settled()
    for (const who of [insider, both]) {
      expect((await ask('GET', 'team/secret/manifests/v1', who.headers)).status).toBe(200)
      const scoped = await registryToken(server.url, who.headers, 'repository:team/secret:pull')
      expect((await ask('GET', 'team/secret/manifests/v1', bearer(scoped))).status).toBe(200)
      const blob = `team/secret/blobs/${imageSaying('secret').blobs[1]?.digest}`
      expect((await ask('GET', blob, bearer(scoped))).status).toBe(200)
      expect((await ask('GET', 'crew/secret/manifests/v1', bearer(scoped))).status).toBe(401)
    }
    // As of a repository that never was, to the letter.
    const answered = async (method: string, path: string, headers: Readonly<Record<string, string>>) => {
      const response = await ask(method, path, headers)
      const text = await response.text()
      return {
        status: response.status,
        text: text.replaceAll(/team\/(secret|nothing)/g, '<name>'),
        challenge: response.headers.get('WWW-Authenticate')?.replace(/team\/(secret|nothing)/, '<name>'),
        warning: response.headers.get('Warning'),
      }
    }
    for (const headers of [teammate.headers, {}])
      for (const [method, path] of [
        ['GET', 'manifests/v1'],
        ['HEAD', 'manifests/v1'],
        ['GET', 'tags/list'],
        ['DELETE', 'manifests/v1'],
        ['GET', `referrers/${imageSaying('secret').image.digest}`],
      ] as const)
        expect(await answered(method, `team/secret/${path}`, headers)).toEqual(
          await answered(method, `team/nothing/${path}`, headers),
        )
    const pushed = await ask('POST', 'team/secret/blobs/uploads/', teammate.headers)
    expect(pushed.status).toBe(403)
    const message = await messageOf(pushed)
    expect(message).toContain('team/secret was renamed')
    expect(message).not.toContain('crew')
    const { body } = await teammate.api('GET', '/projects/team/redirects')
    expect(body.items.find(({ name }: { name: string }) => name === 'team/secret').to).toBeUndefined()
  })

  test('counts for the project that it is in, which must have room for it', async () => {
    const { client, admin } = registry
    await push(client, 'team/large', 'v1', 'large')
    const used = async (project: string) => (await admin('GET', `/projects/${project}/quota`)).body.used
    const [team, crew] = [await used('team'), await used('crew')]
    expect((await admin('PATCH', '/projects/crew/quota', { repositories: { hard: crew.repositories } })).status).toBe(
      200,
    )
    const refused = await rename('team/large', 'crew/large')
    expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('crew/large would not fit')])
    expect(await used('team')).toEqual(team)
    expect((await admin('PATCH', '/projects/crew/quota', { repositories: { hard: null } })).status).toBe(200)
    expect((await rename('team/large', 'crew/large')).status).toBe(200)
    expect((await used('crew')).bytes).toBeGreaterThan(crew.bytes)
    expect((await used('team')).repositories).toBe(team.repositories - 1)
    expect((await used('crew')).tags).toBe(crew.tags + 1)
    const check = await berthOver(registry.berth, ADMIN)('quota', 'check')
    expect([check.code, check.stderr]).toEqual([0, ''])
  })

  test('takes the right to manage both, and to push to where it goes', async () => {
    const { client, asOwner } = registry
    await push(client, 'team/mine', 'v1', 'mine')
    const mona = await member('mona', 'owner')
    const maintainer = await member('max', 'maintainer')
    expect((await rename('team/mine', 'team/still-mine', maintainer.api)).status).toBe(403)
    const refused = await rename('team/mine', 'crew/mine', mona.api)
    expect([refused.status, refused.body.detail]).toEqual([
      403,
      expect.stringContaining('manage project in project crew'),
    ])
    expect((await rename('team/mine', 'nowhere/mine', mona.api)).status).toBe(403)
    expect((await rename('team/mine', 'nowhere/mine', registry.admin)).status).not.toBe(200)
    expect((await rename('crew/mine', 'team/x')).status).toBe(404)
    expect(
      (await registry.asOwner('POST', '/projects/team/rename-repository', { repository: 'crew/x', to: 'team/x' }))
        .status,
    ).toBe(400)
    expect((await asOwner('PATCH', '/projects/crew/policy', { pushers: 'pipelines' })).status).toBe(200)
    await settled()
    expect((await rename('team/mine', 'crew/mine')).body.detail).toContain('Only pipelines may push to crew')
    expect((await asOwner('PATCH', '/projects/crew/policy', { pushers: 'members' })).status).toBe(200)
    await settled()
    const moved = await rename('team/mine', 'crew/mine')
    expect(moved.status).toBe(200)
    expect(moved.body.byHand).toHaveLength(2)
  })
})

describe('a project that is renamed', () => {
  test('takes its repositories, robots and patterns along, and all of it is pulled by the old names', async () => {
    const { client, asOwner, berth: server } = registry
    await asOwner('POST', '/projects', { name: 'shop' })
    const digest = await push(client, 'shop/web', 'v1', 'shop web')
    const deep = await push(client, 'shop/web/deep', 'v1', 'shop deep')
    const robot = await asOwner('POST', '/projects/shop/robots', {
      name: 'ci',
      description: '',
      lifetimeDays: 1,
      grants: [{ role: 'developer', repositories: 'shop/**' }],
    })
    expect(robot.status).toBe(201)
    const policy = {
      rules: [{ name: 'web stays', action: 'keep', select: { repositories: ['shop/web/**'] }, when: {} }],
    }
    const put = await asOwner('PUT', '/projects/shop/retention', policy)
    expect([put.status, put.body]).toEqual([200, expect.anything()])
    const renamed = await berth('project', 'rename', 'shop', 'store', '--json')
    expect(renamed).toMatchObject({ code: 0 })
    expect(JSON.parse(renamed.stdout)).toMatchObject({
      repositories: 2,
      robots: 1,
      rewritten: { grants: 1, retentionPolicies: 1 },
    })
    await settled()
    for (const project of ['shop', 'store']) {
      expect(await digestOfTag(client, `${project}/web`, 'v1')).toBe(digest)
      expect(await digestOfTag(client, `${project}/web/deep`, 'v1')).toBe(deep)
    }
    const secret = robot.body.token.token as string
    for (const name of ['shop+ci', 'store+ci']) {
      const ci = registryClient(server.url, basic(name, secret))
      expect(await digestOfTag(ci, 'shop/web', 'v1')).toBe(digest)
      const scoped = await registryToken(server.url, basic(name, secret), 'repository:shop/web:pull,push')
      expect((await ask('GET', 'shop/web/manifests/v1', bearer(scoped))).status).toBe(200)
      const refused = await ask('POST', 'shop/web/blobs/uploads/', bearer(scoped))
      expect(await messageOf(refused)).toBe('shop/web is now store/web: push there.')
    }
    expect((await ask('GET', 'shop/web/manifests/v1', basic('team+ci', secret))).status).toBe(401)
    const { body } = await asOwner('GET', '/projects/store/retention')
    expect(JSON.stringify(body)).toContain('store/web/**')
    const stranger = await userOf(registry.admin, 'stan')
    const headers = basic(stranger.name, stranger.password)
    const told = await messageOf(await ask('GET', 'shop/web/manifests/v1', headers))
    expect(told).toBe('User stan has no role that allows pull in shop/web.')
    const records = (await auditOf(server)).filter(({ type }) => type === 'project.rename')
    expect(records.map(({ resource }) => resource.project)).toEqual(['shop', 'store'])
  })

  test('keeps its old name from others, and a push makes no project of it', async () => {
    const { client, asOwner } = registry
    await asOwner('POST', '/projects', { name: 'old-name' })
    await push(client, 'old-name/app', 'v1', 'old name')
    expect((await asOwner('POST', '/projects/old-name/rename', { to: 'new-name' })).status).toBe(200)
    await settled()
    const again = await asOwner('POST', '/projects', { name: 'old-name' })
    expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining('berth redirect remove old-name')])
    const creator = await userOf(registry.admin, 'carl', { systemRole: 'project creator' })
    const carl = basic(creator.name, creator.password)
    const pushed = await ask('POST', 'old-name/mine/blobs/uploads/', carl)
    expect(pushed.status).toBe(403)
    expect(await messageOf(pushed)).not.toContain('new-name')
    expect((await registry.admin('GET', '/projects/old-name')).status).toBe(404)
    expect(await berth('redirect', 'remove', 'old-name', '--project', 'new-name')).toMatchObject({ code: 0 })
    expect((await apiOf(registry.berth.url, creator)('POST', '/projects', { name: 'old-name' })).status).toBe(201)
    await settled()
    expect(await digestOfTag(client, 'old-name/app', 'v1')).toBe(403)
  })

  test('is found by every name it had, and so is what was renamed in it', async () => {
    const { client, asOwner } = registry
    await asOwner('POST', '/projects', { name: 'p1' })
    const digest = await push(client, 'p1/x', 'v1', 'chain')
    const renameProject = async (from: string, to: string) => {
      expect((await asOwner('POST', `/projects/${from}/rename`, { to })).status).toBe(200)
      await settled()
    }
    await renameProject('p1', 'p2')
    expect((await rename('p2/x', 'p2/y')).status).toBe(200)
    await renameProject('p2', 'p3')
    expect((await rename('p3/y', 'crew/y')).status).toBe(200)
    await settled()
    for (const name of ['p1/x', 'p2/x', 'p2/y', 'p3/y', 'crew/y'])
      expect([name, await digestOfTag(client, name, 'v1')]).toEqual([name, digest])
    await renameProject('p3', 'p1')
    for (const name of ['p1/x', 'p2/x', 'p2/y', 'p3/y', 'crew/y'])
      expect([name, await digestOfTag(client, name, 'v1')]).toEqual([name, digest])
    expect((await rename('crew/y', 'p1/x')).status).toBe(200)
    await settled()
    expect(await digestOfTag(client, 'p1/x', 'v1')).toBe(digest)
  })

  test('takes a name that is free, by somebody who may make projects', async () => {
    const { asOwner } = registry
    await asOwner('POST', '/projects', { name: 'here' })
    expect((await asOwner('POST', '/projects/here/rename', { to: 'team' })).status).toBe(409)
    expect((await asOwner('POST', '/projects/here/rename', { to: 'a/b' })).status).toBe(400)
    const owen = await member('owen', 'owner', 'here')
    const refused = await owen.api('POST', '/projects/here/rename', { to: 'mine' })
    expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('project creator')])
    await push(registry.client, `here/${'x'.repeat(150)}/y`, 'v1', 'long')
    const long = await asOwner('POST', '/projects/here/rename', { to: 'h'.repeat(120) })
    expect([long.status, long.body.detail]).toEqual([409, expect.stringContaining('longer than 255')])
  })
})

test('public content goes on being pulled by its old name without signing in', async () => {
  const { client, asOwner, berth: server } = registry
  await asOwner('POST', '/projects', { name: 'open', visibility: 'public' })
  const digest = await push(client, 'open/app', 'v1', 'open')
  expect((await asOwner('POST', '/projects/open/rename', { to: 'wide-open' })).status).toBe(200)
  await settled()
  expect(await digestOfTag(registryClient(server.url), 'open/app', 'v1')).toBe(digest)
  const scoped = await registryToken(server.url, {}, 'repository:open/app:pull')
  expect(await digestOfTag(registryClient(server.url, bearer(scoped)), 'open/app', 'v1')).toBe(digest)
})
