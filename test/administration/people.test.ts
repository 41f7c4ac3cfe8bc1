import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ADMIN, type Api, apiOf, auditOf, startClosed, until, userOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'

describe('users, groups and roles', () => {
  let berth: Berth
  let admin: Api
  beforeAll(async () => {
    berth = await startClosed()
    admin = apiOf(berth.url, ADMIN)
  })
  afterAll(() => berth[Symbol.asyncDispose]())

  test('a user is made, changed and removed, each with its entry, and no password is told anywhere', async () => {
    const ada = await userOf(admin, 'ada', { email: 'ada@berth.test' })
    expect((await apiOf(berth.url, ada)('GET', '/account')).body).toMatchObject({ name: 'ada', kind: 'user' })
    const changed = await admin('PATCH', '/users/ada', {
      email: null,
      systemRole: 'auditor',
      password: 'another-long-one',
    })
    expect(changed.body).toMatchObject({ name: 'ada', systemRole: 'auditor', state: 'active' })
    expect(changed.body.email).toBeUndefined()
    expect((await apiOf(berth.url, ada)('GET', '/account')).status).toBe(401)
    expect((await admin('DELETE', '/users/ada')).status).toBe(204)
    expect((await admin('DELETE', '/users/ada')).status).toBe(404)
    const entries = (await auditOf(berth)).filter(({ resource }) => resource.id === 'ada')
    expect(entries.map(({ type, actor }) => `${type} by ${actor.name}`)).toEqual([
      'user.create by admin',
      'user.update by admin',
      'user.delete by admin',
    ])
    expect(entries[1]?.detail).toEqual({
      'email.before': 'ada@berth.test',
      'email.after': null,
      'systemRole.before': null,
      'systemRole.after': 'auditor',
      password: 'changed',
    })
    const all = JSON.stringify(await auditOf(berth)) + berth.log()
    for (const secret of [ada.password, 'another-long-one', ADMIN.password, '$argon2'])
      expect(all).not.toContain(secret)
  })

  test('a name that is taken, a name that is none and a short password are refused', async () => {
    await userOf(admin, 'taken')
    expect((await admin('POST', '/users', { name: 'taken' })).status).toBe(409)
    expect((await admin('POST', '/users', { name: 'Not A Name' })).status).toBe(400)
    expect((await admin('POST', '/users', { name: 'short', password: 'eleven-char' })).status).toBe(400)
  })

  test('the last administrator stays one, and the try is on record', async () => {
    for (const [method, body] of [
      ['DELETE', undefined],
      ['PATCH', { state: 'disabled' }],
      ['PATCH', { systemRole: null }],
    ] as const) {
      const { status, body: problem } = await admin(method, '/users/admin', body)
      expect([status, problem.code]).toEqual([409, 'CONFLICT'])
    }
    const refused = (await auditOf(berth)).filter(
      ({ outcome, resource }) => outcome === 'denied' && resource.id === 'admin',
    )
    expect(refused.map(({ type }) => type)).toEqual(['user.delete', 'user.update', 'user.update'])
  })

  test('a user who is no administrator administers nobody, and an auditor only looks', async () => {
    const bob = apiOf(berth.url, await userOf(admin, 'bob'))
    const eve = apiOf(berth.url, await userOf(admin, 'eve', { systemRole: 'auditor' }))
    expect((await bob('GET', '/users')).status).toBe(403)
    expect((await bob('PATCH', '/users/bob', { systemRole: 'administrator' })).status).toBe(403)
    expect((await eve('GET', '/users')).status).toBe(200)
    expect((await eve('PATCH', '/users/eve', { systemRole: 'administrator' })).status).toBe(403)
    expect((await eve('POST', '/projects', { name: 'eves' })).status).toBe(403)
  })

  test('a disabled user is out, with every token', async () => {
    const dan = await userOf(admin, 'dan')
    const { body } = await apiOf(berth.url, dan)('POST', '/account/tokens', { name: 'laptop', lifetimeDays: 1 })
    const token = { name: 'dan', password: body.token }
    expect((await apiOf(berth.url, token)('GET', '/account')).status).toBe(200)
    expect((await admin('PATCH', '/users/dan', { state: 'disabled' })).status).toBe(200)
    for (const caller of [dan, token])
      expect(await until(async () => (await apiOf(berth.url, caller)('GET', '/account')).status === 401)).toBe(true)
  })

  test("one's own password is changed with the present one only", async () => {
    const fay = await userOf(admin, 'fay')
    const own = apiOf(berth.url, fay)
    const next = 'something-else-entirely'
    expect((await own('PUT', '/account/password', { present: 'a-guess-of-mine', next })).status).toBe(403)
    expect((await own('PUT', '/account/password', { present: fay.password, next: 'short' })).status).toBe(400)
    expect((await own('PUT', '/account/password', { present: fay.password, next })).status).toBe(204)
    expect((await own('GET', '/account')).status).toBe(401)
    expect((await apiOf(berth.url, { name: 'fay', password: next })('GET', '/account')).status).toBe(200)
    expect((await admin('PATCH', '/users/admin', { password: 'whoever-stole-a-token' })).status).toBe(409)
    expect((await auditOf(berth)).filter(({ type }) => type === 'password.change').length).toBe(1)
  })

  test('what a group has, its members have, until they are taken out', async () => {
    const gil = apiOf(berth.url, await userOf(admin, 'gil'))
    await admin('POST', '/projects', { name: 'shared' })
    expect((await admin('POST', '/groups', { name: 'Web team' })).status).toBe(201)
    const subject = { kind: 'group', name: 'Web team' }
    await admin('POST', '/projects/shared/members', { subject, role: 'reader' })
    expect((await gil('GET', '/projects/shared')).status).toBe(403)
    expect((await admin('PUT', '/groups/Web%20team/members/gil')).status).toBe(204)
    expect(await until(async () => (await gil('GET', '/projects/shared')).status === 200)).toBe(true)
    expect((await gil('GET', '/projects')).body.items.map(({ name }: { name: string }) => name)).toEqual(['shared'])
    await admin('DELETE', '/groups/Web%20team/members/gil')
    expect(await until(async () => (await gil('GET', '/projects/shared')).status === 403)).toBe(true)
    expect((await admin('PUT', '/groups/Web%20team/members/nobody')).status).toBe(404)
  })

  test('roles of your own are made of permissions, and stay while somebody has them', async () => {
    await admin('POST', '/projects', { name: 'roles' })
    await userOf(admin, 'hal')
    expect((await admin('PUT', '/roles/signer', { permissions: ['pull', 'sign'] })).status).toBe(200)
    expect((await admin('PUT', '/roles/owner', { permissions: ['pull'] })).status).toBe(409)
    expect((await admin('PUT', '/roles/x', { permissions: ['everything'] })).status).toBe(400)
    const subject = { kind: 'user', name: 'hal' }
    const { body } = await admin('POST', '/projects/roles/members', { subject, role: 'signer' })
    expect((await admin('DELETE', '/roles/signer')).status).toBe(409)
    expect((await admin('DELETE', `/projects/roles/members/${body.id}`)).status).toBe(204)
    expect((await admin('DELETE', '/roles/signer')).status).toBe(204)
    expect((await admin('POST', '/projects/roles/members', { subject, role: 'signer' })).status).toBe(400)
    const single = await admin('POST', '/projects/roles/members', { subject, permissions: ['scan', 'pull'] })
    expect(single.body.permissions).toEqual(['pull', 'scan'])
    expect((await admin('GET', '/roles')).body.items.map(({ name }: { name: string }) => name)).toEqual([
      'owner',
      'maintainer',
      'developer',
      'CI',
      'reader',
      'auditor',
    ])
  })
})
