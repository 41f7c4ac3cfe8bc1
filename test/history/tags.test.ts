import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { sqlOn } from '../support/database.ts'
import { apiOf, auditOf, userOf } from '../support/sign-in.ts'
import { berthOver, type Run } from './command.ts'
import { digestOfTag, push, startTeam, type TeamRegistry } from './registry.ts'

describe('the history of a tag', () => {
  let registry: TeamRegistry
  let berth: Run
  beforeAll(async () => {
    registry = await startTeam()
    berth = berthOver(registry.berth, registry.owner)
  })
  afterAll(() => registry[Symbol.asyncDispose]())

  const history = async (repository: string, tag: string) => {
    const path = `/projects/team/tags/${tag}/history?repository=${repository}`
    const { status, body } = await registry.asOwner('GET', path)
    return status === 200 ? body.items : status
  }

  test('tells where it pointed, who made it so and when', async () => {
    const one = await push(registry.client, 'team/app', 'latest', 'one')
    const two = await push(registry.client, 'team/app', 'latest', 'two')
    // The same again moves nothing.
    await push(registry.client, 'team/app', 'latest', 'two')
    expect(await registry.client.remove('team/app', 'manifests', 'latest')).toBe(202)
    const three = await push(registry.client, 'team/app', 'latest', 'three')
    const items = await history('team/app', 'latest')
    expect(items).toMatchObject([
      { number: 4, kind: 'push', digest: three, by: 'olga' },
      { number: 3, kind: 'delete', by: 'olga' },
      { number: 2, kind: 'move', digest: two, by: 'olga' },
      { number: 1, kind: 'push', digest: one, by: 'olga' },
    ])
    expect(items[0].endedAt).toBeUndefined()
    expect(items[3].endedAt).toBe(items[2].at)
    expect(await history('team/app', 'never')).toBe(404)
  })

  test('is told page by page', async () => {
    for (let number = 0; number < 7; number += 1) await push(registry.client, 'team/pages', 'v', `page ${number}`)
    const { stdout } = await berth('tag', 'history', 'team/pages:v', '--json')
    expect(JSON.parse(stdout).map((change: { number: number }) => change.number)).toEqual([7, 6, 5, 4, 3, 2, 1])
    const path = '/projects/team/tags/v/history?repository=team/pages&limit=3'
    const { body, headers } = await registry.asOwner('GET', path)
    expect(body.items).toHaveLength(3)
    expect(headers.get('Link')).toContain('after=5')
  })

  test('a manifest that is deleted takes its tags along, and each history says so', async () => {
    const digest = await push(registry.client, 'team/both', 'a', 'both')
    await push(registry.client, 'team/both', 'b', 'both')
    expect(await registry.client.remove('team/both', 'manifests', digest)).toBe(202)
    for (const tag of ['a', 'b'])
      expect(await history('team/both', tag)).toMatchObject([{ kind: 'delete' }, { kind: 'push', digest }])
  })

  test('an earlier digest is restored by its name, or by a time', async () => {
    const one = await push(registry.client, 'team/back', 'latest', 'back one')
    await Bun.sleep(20)
    const between = new Date().toISOString()
    await Bun.sleep(20)
    const two = await push(registry.client, 'team/back', 'latest', 'back two')
    expect(await berth('tag', 'restore', 'team/back:latest', '--to', one)).toMatchObject({ code: 0 })
    expect(await digestOfTag(registry.client, 'team/back', 'latest')).toBe(one)
    expect(await berth('tag', 'restore', 'team/back:latest', '--to', two)).toMatchObject({ code: 0 })
    expect(await berth('tag', 'restore', 'team/back:latest', '--before', between)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`team/back:latest points to ${one} again.`),
    })
    expect(await digestOfTag(registry.client, 'team/back', 'latest')).toBe(one)
    expect(await history('team/back', 'latest')).toMatchObject([
      { kind: 'restore', digest: one, by: 'olga' },
      { kind: 'restore', digest: two },
      { kind: 'restore', digest: one },
      { kind: 'move', digest: two },
      { kind: 'push', digest: one },
    ])
    const restored = (await auditOf(registry.berth)).filter(({ type }) => type === 'tag.restore')
    expect(restored[0]).toMatchObject({
      outcome: 'success',
      actor: { name: 'olga' },
      resource: { repository: 'team/back', tag: 'latest', digest: one },
      detail: { before: two, after: one },
    })
  })

  test('a tag that was deleted comes back to where it pointed', async () => {
    const digest = await push(registry.client, 'team/gone', 'v1', 'gone')
    await push(registry.client, 'team/gone', 'other', 'gone')
    expect(await berth('tag', 'delete', 'team/gone:v1')).toMatchObject({ code: 0 })
    expect(await digestOfTag(registry.client, 'team/gone', 'v1')).toBe(404)
    expect(await berth('tag', 'restore', 'team/gone:v1', '--to', digest)).toMatchObject({ code: 0 })
    expect(await digestOfTag(registry.client, 'team/gone', 'v1')).toBe(digest)
  })

  test('what cannot be restored is told with what to do', async () => {
    const digest = await push(registry.client, 'team/not', 'v1', 'not')
    await push(registry.client, 'team/not', 'v1', 'not this')
    const other = `sha256:${'0'.repeat(64)}`
    const never = await berth('tag', 'restore', 'team/not:v1', '--to', other)
    expect(never).toMatchObject({ code: 2, stderr: expect.stringContaining('in what is remembered of team/not:v1') })
    const early = await berth('tag', 'restore', 'team/not:v1', '--before', '2001-01-01T00:00:00Z')
    expect(early).toMatchObject({ code: 2, stderr: expect.stringContaining('at that time') })
    expect(await registry.client.remove('team/not', 'manifests', digest)).toBe(202)
    const trashed = await berth('tag', 'restore', 'team/not:v1', '--to', digest)
    expect(trashed).toMatchObject({ code: 2, stderr: expect.stringContaining('berth trash restore team ') })
    expect(await berth('tag', 'restore', 'team/not:v1')).toMatchObject({ code: 2 })
  })

  test('a tag is pointed to what is in the repository without a client, and to nothing else', async () => {
    const digest = await push(registry.client, 'team/set', 'v1', 'set')
    expect(await berth('tag', 'set', 'team/set:stable', digest)).toMatchObject({ code: 0 })
    expect(await digestOfTag(registry.client, 'team/set', 'stable')).toBe(digest)
    expect(await history('team/set', 'stable')).toMatchObject([{ kind: 'set', digest, by: 'olga' }])
    const absent = await push(registry.client, 'team/elsewhere', 'v1', 'elsewhere')
    expect(await berth('tag', 'set', 'team/set:stable', absent)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`There is no manifest ${absent} in team/set`),
    })
  })

  test('immutable tags stay, whoever restores or sets them', async () => {
    const one = await push(registry.client, 'team/fixed', 'v1.0', 'fixed one')
    const two = await push(registry.client, 'team/fixed', 'dev', 'fixed two')
    const rule = { repositories: ['team/fixed'], tags: [{ glob: 'v*' }] }
    const made = await registry.asOwner('PUT', '/projects/team/immutability-rules/releases', rule)
    expect([made.status, made.body]).toEqual([200, expect.anything()])
    const refused = await berth('tag', 'set', 'team/fixed:v1.0', two)
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('immutable') })
    // What is so already may be set again.
    expect(await berth('tag', 'set', 'team/fixed:v1.0', one)).toMatchObject({ code: 0 })
    const denied = (await auditOf(registry.berth)).filter(
      ({ type, outcome }) => type === 'tag.set' && outcome === 'denied',
    )
    expect(denied).toMatchObject([{ resource: { repository: 'team/fixed', tag: 'v1.0', digest: two } }])
  })

  test('it takes what a push takes to restore and set, and a role to look', async () => {
    const { admin, berth: server, asOwner } = registry
    const one = await push(registry.client, 'team/roles', 'v1', 'roles one')
    const two = await push(registry.client, 'team/roles', 'v1', 'roles two')
    const member = async (name: string, grant: object) => {
      const caller = await userOf(admin, name)
      const { status } = await asOwner('POST', '/projects/team/members', { subject: { kind: 'user', name }, ...grant })
      expect(status).toBe(201)
      return apiOf(server.url, caller)
    }
    const reader = await member('rita', { role: 'reader' })
    const creator = await member('nora', { permissions: ['pull', 'push'] })
    const elsewhere = await member('eve', { role: 'owner', repositories: 'team/eves/**' })
    const stranger = apiOf(server.url, await userOf(admin, 'sam', { systemRole: 'project creator' }))
    const path = '/projects/team/tags/v1'
    const body = { repository: 'team/roles', digest: one }
    const asked = async (who: typeof reader) => [
      (await who('GET', `${path}/history?repository=team/roles`)).status,
      (await who('POST', `${path}/restore`, body)).status,
      (await who('PUT', '/projects/team/tags/new', body)).status,
      (await who('DELETE', `${path}?repository=team/roles`)).status,
    ]
    expect(await asked(reader)).toEqual([200, 403, 403, 403])
    expect(await asked(creator)).toEqual([200, 403, 200, 403])
    expect(await asked(elsewhere)).toEqual([403, 403, 403, 403])
    expect(await asked(stranger)).toEqual([403, 403, 403, 403])
    // Nobody makes a project by asking.
    const nowhere = { repository: 'nowhere/app', digest: one }
    expect((await stranger('PUT', '/projects/nowhere/tags/v1', nowhere)).status).toBe(403)
    expect((await admin('PUT', '/projects/nowhere/tags/v1', nowhere)).status).toBe(403)
    expect((await admin('GET', '/projects/nowhere')).status).toBe(404)
    expect((await asOwner('PUT', `/projects/crew/tags/v1`, body)).status).toBe(400)
    expect(await digestOfTag(registry.client, 'team/roles', 'v1')).toBe(two)
  })

  test('a tag that was there before histories were written begins with where it points', async () => {
    const digest = await push(registry.client, 'team/old', 'v1', 'old')
    const ofOld = "repository_id = (select id from repositories where name = 'team/old')"
    await sqlOn(registry.berth.dataFolder, `delete from tag_history where ${ofOld}`)
    expect(await history('team/old', 'v1')).toMatchObject([{ number: 1, kind: 'known', digest }])
    const next = await push(registry.client, 'team/old', 'v1', 'new')
    const items = await history('team/old', 'v1')
    expect(items).toMatchObject([
      { number: 2, kind: 'move', digest: next, by: 'olga' },
      { number: 1, kind: 'known', digest },
    ])
    expect(items[1].by).toBeUndefined()
    expect(await berth('tag', 'restore', 'team/old:v1', '--to', digest)).toMatchObject({ code: 0 })
  })

  test('nobody else in the code changes tags', async () => {
    const changes = /(insertInto|updateTable|deleteFrom)\('tags'\)/
    const found: string[] = []
    const root = `${import.meta.dir}/../../src`
    // Contract tests stand beside the code.
    for (const file of new Bun.Glob('**/*.ts').scanSync(root))
      if (!file.endsWith('.contract.ts') && changes.test(await Bun.file(`${root}/${file}`).text())) found.push(file)
    expect(found).toEqual(['stores/metadata/names/tag-changes.ts'])
  })
})
