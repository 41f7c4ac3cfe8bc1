import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { RepositoryName } from '../../../oci/index.ts'
import { createAuditTables } from '../audit/audit.ts'
import type { AuditEntry } from '../audit/entry.ts'
import type { OpenedEngine } from '../engine.contract.ts'
import type { Engine } from '../engine.ts'
import { createIdentities, type Identities } from './index.ts'

const NOW = 1_700_000_000_000
const WHOLE = { repositories: '**', tags: '*' } as const

/** What the tables of identity promise on every engine. */
export function identityContract(name: string, open: () => Promise<OpenedEngine>): void {
  describe(`identities on ${name}:`, () => {
    let opened: OpenedEngine
    let identities: Identities
    beforeEach(async () => {
      opened = await open()
      identities = createIdentities(opened.engine)
    })
    afterEach(() => opened[Symbol.asyncDispose]())

    const makeUser = async (user: string, systemRole?: 'administrator' | 'auditor') => {
      const created = await identities.users.create({ name: user, systemRole, passwordHash: '$argon2id$x', now: NOW })
      if (!created) throw new Error(`${user} is there already`)
      return created
    }
    const makeProject = async (project: string, ownerId?: number) => {
      await identities.projects.create({ name: project, visibility: 'private', ownerId, now: NOW })
      const facts = await identities.accessFacts.project(project)
      if (!facts) throw new Error(`${project} was not made`)
      return facts
    }
    const grant = (project: string, subject: { kind: 'user' | 'group' | 'robot'; name: string }, role: string) =>
      identities.grants.add(project, { subject, role, ...WHOLE, now: NOW })
    const rolesOf = async (kind: 'user' | 'robot', id: number, projectId: number) =>
      (await identities.accessFacts.grants(kind, id, projectId))
        .map(({ role, group }) => (group ? `${role} by ${group}` : role))
        .sort()
    const token = (
      id: string,
      owner: { kind: 'user' | 'robot'; id: number },
      kind: 'personal' | 'robot' | 'refresh' | 'session' = 'personal',
    ) =>
      identities.credentials.create({
        id,
        kind,
        owner,
        name: id,
        secretHash: `hash of ${id}`,
        scope: undefined,
        createdAt: NOW,
        expiresAt: NOW + 1000,
      })
    const signIn = (
      subject: string,
      groups: readonly string[],
      more: { name?: string; source?: string; systemRole?: 'administrator'; now?: number } = {},
    ) =>
      identities.signIns.external({
        source: more.source ?? 'corp',
        subject,
        name: more.name ?? subject,
        groups,
        systemRole: more.systemRole,
        now: more.now ?? NOW,
      })

    describe('users:', () => {
      test('a name is one user’s, whatever source knows them', async () => {
        await makeUser('ada')
        expect(await identities.users.create({ name: 'ada', now: NOW })).toBeUndefined()
        expect(await signIn('ada', [])).toBe('name taken')
        expect(await signIn('1', [], { name: 'bob' })).toMatchObject({ name: 'bob' })
        expect(await signIn('1', [], { name: 'bob', source: 'other' })).toBe('name taken')
      })

      test('of another source who signs in again within a minute are written down only when something changed', async () => {
        const signedInAt = async () => (await identities.users.find('ada'))?.signedInAt
        const first = await signIn('ada', ['web', 'api'])
        expect(await signIn('ada', ['api', 'web', 'web'], { now: NOW + 30_000 })).toEqual(first)
        expect(await signedInAt()).toBe(NOW)
        expect(await signIn('ada', ['api'], { now: NOW + 30_000 })).toEqual(first)
        expect(await signedInAt()).toBe(NOW + 30_000)
        expect(await identities.groups.members('web', { limit: 9 })).toEqual([])
        await signIn('ada', ['api'], { now: NOW + 31_000, systemRole: 'administrator' })
        expect(await identities.users.find('ada')).toMatchObject({ systemRole: 'administrator' })
        await signIn('ada', ['api'], { now: NOW + 32_000 })
        expect((await identities.users.find('ada'))?.systemRole).toBeUndefined()
        await signIn('ada', ['api'], { now: NOW + 92_000 })
        expect(await signedInAt()).toBe(NOW + 92_000)
      })

      test('an id is never given to anybody else, or tokens of the one would be the other’s', async () => {
        const ids = new Set<number>()
        for (let round = 0; round < 3; round += 1) {
          const { id } = await makeUser('ada')
          expect(ids.has(id)).toBe(false)
          ids.add(id)
          expect(await identities.users.remove('ada')).toBe('changed')
        }
      })

      test('the last administrator who can sign in is not removed, disabled or made less', async () => {
        await makeUser('ada', 'administrator')
        await makeUser('bob', 'administrator')
        await identities.users.update('bob', { state: 'disabled' })
        for (const change of [{ state: 'disabled' as const }, { systemRole: null }, { systemRole: 'auditor' as const }])
          expect(await identities.users.update('ada', change)).toBe('last administrator')
        expect(await identities.users.remove('ada')).toBe('last administrator')
        expect(await identities.users.find('ada')).toMatchObject({ systemRole: 'administrator', state: 'active' })
        await identities.users.update('bob', { state: 'active' })
        expect(await identities.users.remove('ada')).toBe('changed')
        expect(await identities.users.remove('bob')).toBe('last administrator')
      })

      test('of two administrators who remove each other at once, one stays', async () => {
        await makeUser('ada', 'administrator')
        await makeUser('bob', 'administrator')
        const another = await opened.another()
        const outcomes = await Promise.all([
          identities.users.remove('ada'),
          createIdentities(another).users.update('bob', { systemRole: null }),
        ])
        expect(outcomes.toSorted()).toEqual(['changed', 'last administrator'])
        await another.close()
      })

      test('the first administrator is made once, however many start at the same time', async () => {
        const another = await opened.another()
        const create = (engine: Engine, password: string) =>
          createIdentities(engine).signIns.createFirst({
            name: 'admin',
            systemRole: 'administrator',
            passwordHash: password,
            now: NOW,
          })
        const made = await Promise.all(
          Array.from({ length: 6 }, (_, index) => create(index % 2 ? another : opened.engine, `hash ${index}`)),
        )
        expect(made.filter(Boolean)).toHaveLength(1)
        expect((await identities.signIns.password('admin'))?.hash).toBe(`hash ${made.indexOf(true)}`)
        expect(await create(another, 'later')).toBe(false)
        await another.close()
      })

      test('no first administrator is made beside other users', async () => {
        await makeUser('ada')
        expect(await identities.signIns.createFirst({ name: 'admin', systemRole: 'administrator', now: NOW })).toBe(
          false,
        )
      })

      test('a new password and a disabled account end what was signed in, and leave tokens that people made', async () => {
        const { id } = await makeUser('ada')
        const owner = { kind: 'user', id } as const
        for (const change of [{ passwordHash: 'new' }, { state: 'disabled' as const }]) {
          const [refresh, session] = [crypto.randomUUID(), crypto.randomUUID()]
          await token(refresh, owner, 'refresh')
          await token(session, owner, 'session')
          await identities.users.update('ada', change)
          expect(await identities.credentials.byId(refresh)).toBeUndefined()
          expect(await identities.credentials.byId(session)).toBeUndefined()
        }
        await token('made by ada', owner)
        await identities.users.update('ada', { passwordHash: 'newer' })
        expect(await identities.credentials.byId('made by ada')).toBeDefined()
        await identities.users.update('ada', { displayName: 'Ada' })
        expect(await identities.credentials.byId('made by ada')).toBeDefined()
      })

      test('with a user go memberships, grants, tokens and broken glass', async () => {
        const { id } = await makeUser('ada')
        const project = await makeProject('shop', id)
        await identities.groups.create({ name: 'web', now: NOW })
        await identities.groups.setMember({ group: 'web', user: 'ada', isMember: true })
        await grant('shop', { kind: 'group', name: 'web' }, 'reader')
        await token('t', { kind: 'user', id })
        const opening = { id: 'g', project: 'shop', user: 'ada', reason: 'fire', now: NOW, endsAt: NOW + 1 }
        await identities.breakGlass.open(opening)
        expect(await rolesOf('user', id, project.id)).toEqual(['owner', 'reader by web'])
        expect(await identities.users.remove('ada')).toBe('changed')
        expect(await rolesOf('user', id, project.id)).toEqual([])
        expect(await identities.accessFacts.account('user', id)).toBeUndefined()
        expect(await identities.credentials.find('hash of t')).toBeUndefined()
        expect(await identities.accessFacts.brokenGlass(id, project.id)).toBeUndefined()
        expect(await identities.groups.members('web', { limit: 10 })).toEqual([])
        expect(await identities.grants.list('shop', { limit: 10 })).toHaveLength(1)
      })
    })

    describe('sources:', () => {
      test('what a source says of groups replaces what it said before, and touches nothing else', async () => {
        const ada = await signIn('ada', ['web', 'ops'])
        if (ada === 'name taken') throw new Error(ada)
        const project = await makeProject('shop')
        for (const group of ['web', 'ops']) await grant('shop', { kind: 'group', name: group }, 'developer')
        await identities.groups.create({ name: 'here', now: NOW })
        await identities.groups.setMember({ group: 'here', user: 'ada', isMember: true })
        await grant('shop', { kind: 'group', name: 'here' }, 'reader')
        expect(await rolesOf('user', ada.id, project.id)).toEqual([
          'developer by ops',
          'developer by web',
          'reader by here',
        ])
        expect(await signIn('ada', ['web', 'web'])).toEqual(ada)
        expect(await rolesOf('user', ada.id, project.id)).toEqual(['developer by web', 'reader by here'])
        await signIn('ada', [])
        expect(await rolesOf('user', ada.id, project.id)).toEqual(['reader by here'])
      })

      test('a system role that a source gives no more is gone', async () => {
        await makeUser('admin', 'administrator')
        await signIn('ada', [], { systemRole: 'administrator' })
        expect((await identities.users.find('ada'))?.systemRole).toBe('administrator')
        await identities.signIns.exclude({ source: 'other', subject: 'ada' })
        expect((await identities.users.find('ada'))?.systemRole).toBe('administrator')
        await signIn('ada', ['web'])
        expect((await identities.users.find('ada'))?.systemRole).toBeUndefined()
        expect(await identities.groups.members('web', { limit: 10 })).toHaveLength(1)
        await identities.signIns.exclude({ source: 'corp', subject: 'ada' })
        expect(await identities.groups.members('web', { limit: 10 })).toEqual([])
      })

      test('a disabled user whom a source knows stays disabled', async () => {
        const ada = await signIn('ada', ['web'])
        if (ada === 'name taken') throw new Error(ada)
        await identities.users.update('ada', { state: 'disabled' })
        await signIn('ada', ['web'])
        expect((await identities.accessFacts.account('user', ada.id))?.state).toBe('disabled')
      })

      test('somebody of another name at the source is the same user by what the source calls them', async () => {
        const before = await signIn('uid-1', [], { name: 'ada' })
        expect(await signIn('uid-1', [], { name: 'lovelace' })).toEqual(before)
      })
    })

    describe('tokens:', () => {
      test('are found by their hash, with what they are restricted to', async () => {
        const { id } = await makeUser('ada')
        const scope = [{ repositories: 'shop/**', permissions: ['pull'] }]
        const owner = { kind: 'user', id } as const
        await identities.credentials.create({
          id: 'a',
          kind: 'personal',
          owner,
          name: 'laptop',
          secretHash: 'h',
          scope,
          createdAt: NOW,
          expiresAt: undefined,
        })
        expect(await identities.credentials.find('h')).toEqual({
          id: 'a',
          kind: 'personal',
          owner,
          name: 'laptop',
          scope,
          createdAt: NOW,
          expiresAt: undefined,
          usedAt: undefined,
          revokedAt: undefined,
        })
        expect(await identities.credentials.find('a')).toBeUndefined()
      })

      test('are revoked by their owner and nobody else, once', async () => {
        const [ada, bob] = [await makeUser('ada'), await makeUser('bob')]
        await token('t', { kind: 'user', id: ada.id })
        const revoke = (owner: { kind: 'user' | 'robot'; id: number }) =>
          identities.credentials.revoke({ id: 't', owner, now: NOW + 1 })
        expect(await revoke({ kind: 'user', id: bob.id })).toBe(false)
        expect(await revoke({ kind: 'robot', id: ada.id })).toBe(false)
        expect((await identities.credentials.byId('t'))?.revokedAt).toBeUndefined()
        expect(await revoke({ kind: 'user', id: ada.id })).toBe(true)
        expect(await revoke({ kind: 'user', id: ada.id })).toBe(false)
        expect((await identities.credentials.find('hash of t'))?.revokedAt).toBe(NOW + 1)
      })

      test('are listed for their owner, sessions left out, with when they were used', async () => {
        const { id } = await makeUser('ada')
        const owner = { kind: 'user', id } as const
        await token('a', owner)
        await token('b', owner, 'session')
        await token('c', owner, 'refresh')
        await token('d', { kind: 'robot', id })
        await identities.credentials.used(new Map([['a', NOW + 5]]))
        expect((await identities.credentials.list(owner)).map(each => [each.id, each.usedAt])).toEqual([['a', NOW + 5]])
      })

      test('are replaced and ended in one, by their owner only, and never live longer for it', async () => {
        const owner = { kind: 'user', id: (await makeUser('ada')).id } as const
        const other = { kind: 'user', id: (await makeUser('bob')).id } as const
        await token('old', owner)
        const next = { id: 'new', kind: 'personal', name: 'new', secretHash: 'hash of new' } as const
        const replacement = { ...next, owner, scope: undefined, createdAt: NOW, expiresAt: NOW + 5000 }
        const rotate = (change: object = {}) =>
          identities.credentialRotation.rotate({
            id: 'old',
            replacement,
            oldExpiresAt: NOW + 9000,
            now: NOW,
            ...change,
          })
        expect(await rotate({ replacement: { ...replacement, owner: other } })).toBe(false)
        expect(await rotate({ now: NOW + 1000 })).toBe(false)
        expect(await rotate()).toBe(true)
        expect((await identities.credentials.byId('old'))?.expiresAt).toBe(NOW + 1000)
        expect((await identities.credentials.find('hash of new'))?.owner).toEqual(owner)
      })

      test('that ended go, others stay', async () => {
        const owner = { kind: 'user', id: (await makeUser('ada')).id } as const
        await token('expired', owner)
        await identities.credentials.create({
          id: 'endless',
          kind: 'personal',
          owner,
          name: '',
          secretHash: 'e',
          scope: undefined,
          createdAt: NOW,
          expiresAt: undefined,
        })
        expect(await identities.credentials.removeEnded(NOW + 1000)).toBe(0)
        expect(await identities.credentials.removeEnded(NOW + 1001)).toBe(1)
        expect(await identities.credentials.byId('endless')).toBeDefined()
      })
    })

    describe('projects:', () => {
      const makeRobot = (project: string, description: string) =>
        identities.robotSetup.create(project, {
          name: 'shop+ci',
          description,
          grants: [],
          credential: newCredential(),
          now: NOW,
        })

      test('go with all that is in them, when no repository is', async () => {
        const { id } = await makeUser('ada')
        const project = await makeProject('shop', id)
        await makeProject('other', id)
        const robot = await makeRobot('shop', '')
        if (typeof robot === 'string') throw new Error(robot)
        await grant('other', { kind: 'robot', name: 'shop+ci' }, 'reader')
        await token('r', { kind: 'robot', id: robot.id }, 'robot')
        await token('u', { kind: 'user', id })
        const rule = { id: 'rule', project: 'shop', name: 'ci', rule: {}, createdAt: NOW }
        expect(await identities.trustRules.add(rule)).toBe('added')
        await opened.engine.write(async queries => {
          await queries
            .insertInto('repositories')
            .values({ name: 'shop/web' as RepositoryName, created_at: NOW })
            .execute()
        })
        expect(await identities.projects.remove('shop')).toBe('has repositories')
        await opened.engine.write(async queries => {
          await queries.deleteFrom('repositories').execute()
          for (const neighbour of ['shopping/web', 'shop-1/web', 'sho'])
            await queries
              .insertInto('repositories')
              .values({ name: neighbour as RepositoryName, created_at: NOW })
              .execute()
        })
        expect(await identities.projects.remove('shop')).toBe('removed')
        expect(await identities.accessFacts.project('shop')).toBeUndefined()
        expect(await rolesOf('user', id, project.id)).toEqual([])
        expect(await identities.accessFacts.account('robot', robot.id)).toBeUndefined()
        expect(await identities.credentials.find('hash of r')).toBeUndefined()
        expect(await identities.credentials.find('hash of u')).toBeDefined()
        expect(await identities.accessFacts.trustRule('rule')).toBeUndefined()
        // Made anew, it is another: whoever had a role in the old one has none.
        expect((await makeProject('shop')).id).not.toBe(project.id)
        expect((await identities.grants.list('other', { limit: 10 }))?.map(({ subject }) => subject.name)).toEqual([
          'ada',
        ])
      })

      test('a grant is removed by its own project only', async () => {
        const { id } = await makeUser('ada')
        await makeProject('shop', id)
        await makeProject('other')
        const [held] = (await identities.grants.list('shop', { limit: 1 })) ?? []
        expect(await identities.grants.remove('other', held?.id as number)).toBe(false)
        expect(await identities.grants.remove('shop', held?.id as number)).toBe(true)
      })

      test('a robot is found, changed and removed through its own project only', async () => {
        await makeProject('shop')
        await makeProject('other')
        await makeRobot('shop', 'x')
        expect(await identities.robots.find('other', 'shop+ci')).toBeUndefined()
        expect(await identities.robots.update('other', 'shop+ci', { state: 'disabled' })).toBe(false)
        expect(await identities.robots.remove('other', 'shop+ci')).toBe(false)
        expect(await makeRobot('other', '')).toBe('name taken')
        expect(await identities.robots.find('shop', 'shop+ci')).toMatchObject({ state: 'active', description: 'x' })
      })

      test('a robot is made with its grants and its secret, or not at all', async () => {
        await makeProject('shop')
        const credential = { id: 'c', kind: 'robot', name: 'first', secretHash: 'hash of c', scope: undefined } as const
        const robot = {
          name: 'shop+ci',
          description: '',
          grants: [{ role: 'CI', ...WHOLE }],
          credential: { ...credential, createdAt: NOW, expiresAt: NOW + 1 },
          now: NOW,
        }
        expect(await identities.robotSetup.create('none', robot)).toBe('unknown project')
        const made = await identities.robotSetup.create('shop', robot)
        expect(made).toMatchObject({ name: 'shop+ci', state: 'active' })
        expect(await identities.robotSetup.create('shop', robot)).toBe('name taken')
        const twice = identities.robotSetup.create('shop', { ...robot, name: 'shop+other' })
        expect(await twice.catch(() => 'failed')).toBe('failed')
        expect(await identities.robots.find('shop', 'shop+other')).toBeUndefined()
        expect((await identities.grants.list('shop', { limit: 9 }))?.map(({ role }) => role)).toEqual(['CI'])
      })

      test('the same grant twice is one', async () => {
        await makeUser('ada')
        await makeProject('shop')
        const first = await grant('shop', { kind: 'user', name: 'ada' }, 'reader')
        expect(await grant('shop', { kind: 'user', name: 'ada' }, 'reader')).toBe(first)
        expect(await grant('shop', { kind: 'user', name: 'eve' }, 'reader')).toBe('unknown subject')
        expect(await grant('none', { kind: 'user', name: 'ada' }, 'reader')).toBe('unknown project')
      })

      test('what is granted in one project is nothing in another, and what a group has is its members’', async () => {
        const [ada, bob] = [await makeUser('ada'), await makeUser('bob')]
        const [shop, other] = [await makeProject('shop', ada.id), await makeProject('other')]
        await identities.groups.create({ name: 'web', now: NOW })
        await identities.groups.setMember({ group: 'web', user: 'bob', isMember: true })
        await grant('shop', { kind: 'group', name: 'web' }, 'developer')
        expect(await rolesOf('user', ada.id, other.id)).toEqual([])
        expect(await rolesOf('user', bob.id, shop.id)).toEqual(['developer by web'])
        expect(await rolesOf('robot', ada.id, shop.id)).toEqual([])
        await identities.groups.setMember({ group: 'web', user: 'bob', isMember: false })
        expect(await rolesOf('user', bob.id, shop.id)).toEqual([])
        await identities.groups.setMember({ group: 'web', user: 'bob', isMember: true })
        await identities.groups.remove('web')
        expect(await rolesOf('user', bob.id, shop.id)).toEqual([])
      })
    })

    test('a role of one’s own goes when nobody has it, and changes for those who do', async () => {
      const { id } = await makeUser('ada')
      const shop = await makeProject('shop')
      await identities.roles.put({ name: 'tester', permissions: ['pull'], now: NOW })
      const given = await grant('shop', { kind: 'user', name: 'ada' }, 'tester')
      expect(await identities.roles.remove('tester')).toBe('in use')
      await identities.roles.put({ name: 'tester', permissions: ['pull', 'scan'], now: NOW })
      const [held] = await identities.accessFacts.grants('user', id, shop.id)
      expect(JSON.parse(held?.permissions as string)).toEqual(['pull', 'scan'])
      await identities.grants.remove('shop', given as number)
      expect(await identities.roles.remove('tester')).toBe('removed')
      expect(await identities.roles.remove('tester')).toBe('unknown')
    })

    test('the glass is broken until the latest end, and closed at once', async () => {
      const { id } = await makeUser('ada')
      const shop = await makeProject('shop')
      const opening = { project: 'shop', user: 'ada', reason: 'fire', now: NOW }
      await identities.breakGlass.open({ ...opening, id: '1', endsAt: NOW + 100 })
      await identities.breakGlass.open({ ...opening, id: '2', endsAt: NOW + 50 })
      expect(await identities.accessFacts.brokenGlass(id, shop.id)).toBe(NOW + 100)
      await identities.breakGlass.close({ project: 'shop', user: 'ada', now: NOW + 10 })
      expect(await identities.accessFacts.brokenGlass(id, shop.id)).toBe(NOW + 10)
      expect(await identities.breakGlass.open({ ...opening, id: '3', user: 'eve', endsAt: NOW })).toBe('unknown')
    })

    test('of instances that rotate the signing key at once, one does', async () => {
      const another = await opened.another()
      const key = (id: string) => ({ id, publicKey: '{}', privateKey: 'sealed', createdAt: NOW })
      const rotate = (engine: Engine, id: string, newest: string | undefined) =>
        createIdentities(engine).signingKeys.rotate(key(id), newest)
      const made = await Promise.all([rotate(opened.engine, 'a', undefined), rotate(another, 'b', undefined)])
      expect(made.filter(Boolean)).toHaveLength(1)
      const [first] = await identities.signingKeys.list()
      expect(await rotate(another, 'c', undefined)).toBe(false)
      expect(await rotate(another, 'd', first?.id)).toBe(true)
      expect((await identities.signingKeys.list()).map(({ id, retiredAt }) => [id, retiredAt]).toSorted()).toEqual(
        [
          ['d', undefined],
          [first?.id as string, NOW],
        ].toSorted() as never,
      )
      const sealed = async () =>
        (await identities.signingKeys.list()).filter(key => key.privateKey !== undefined).length
      await identities.signingKeys.forgetRetired(NOW)
      expect(await sealed()).toBe(2)
      await identities.signingKeys.forgetRetired(NOW + 1)
      expect(await sealed()).toBe(1)
      await another.close()
    })

    test('what is recorded of a change is there with it, and not without it', async () => {
      const audit = createAuditTables(opened.engine)
      const entry = (type: string): AuditEntry => ({
        at: NOW,
        type,
        category: 'administration',
        outcome: 'success',
        actor: { kind: 'user', id: 'user:1', name: 'admin' },
        origin: { address: '192.0.2.1' },
        resource: {},
      })
      await identities.users.create({ name: 'ada', now: NOW }, user => (user ? [entry('user.create')] : []))
      await identities.users.create({ name: 'ada', now: NOW }, user => (user ? [entry('user.create')] : []))
      const broken = identities.users.create({ name: 'bob', now: NOW }, () => {
        throw new Error('It cannot be recorded.')
      })
      await expect(broken).rejects.toThrow('cannot be recorded')
      expect(await identities.users.find('bob')).toBeUndefined()
      expect(await audit.sealing.seal()).toBe(1)
    })
  })
}

function newCredential() {
  const id = crypto.randomUUID()
  return {
    id,
    kind: 'robot',
    name: 'first',
    secretHash: id,
    scope: undefined,
    createdAt: NOW,
    expiresAt: undefined,
  } as const
}
