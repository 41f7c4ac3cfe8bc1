import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ADMIN, type Api, apiOf, startClosed, until, userOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'

describe('the audit log over the API', () => {
  let berth: Berth
  let admin: Api
  let began: string
  beforeAll(async () => {
    berth = await startClosed()
    admin = apiOf(berth.url, ADMIN)
    began = new Date().toISOString()
    for (const project of ['shop', 'bank']) {
      await admin('POST', '/projects', { name: project })
      for (const name of ['one', 'two', 'three'])
        await admin('POST', `/projects/${project}/robots`, { name, grants: [{ role: 'CI' }] })
    }
    const isSealed = async () => (await admin('GET', '/audit?type=robot.create')).body.items.length === 6
    expect(await until(isSealed)).toBe(true)
  })
  afterAll(() => berth[Symbol.asyncDispose]())

  const found = async (api: Api, query: string, path = '/audit') => {
    const { status, body } = await api('GET', `${path}?${query}`)
    return status === 200 ? body.items : status
  }

  test('records are found by what they say, newest first', async () => {
    const robots = await found(admin, 'type=robot.create&actor=admin&outcome=success&address=127.0.0.1')
    expect(robots.map(({ resource }: { resource: { id: string } }) => resource.id)).toEqual([
      'bank+three',
      'bank+two',
      'bank+one',
      'shop+three',
      'shop+two',
      'shop+one',
    ])
    expect(robots[0]).toMatchObject({
      actor: { kind: 'user', name: 'admin', authenticatedBy: 'password' },
      origin: { method: 'POST', path: '/api/v1/projects/bank/robots' },
      category: 'administration',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(await found(admin, 'type=robot.create&project=shop')).toHaveLength(3)
    expect(await found(admin, 'type=robot.create&actor=nobody')).toEqual([])
    expect(await found(admin, `type=robot.create&until=${began}`)).toEqual([])
    expect(await found(admin, `type=robot.create&from=${began}`)).toHaveLength(6)
    for (const query of ['outcome=maybe', 'from=yesterday', 'after=x', 'digests=a', 'limit=5000'])
      expect({ query, status: await found(admin, query) }).toEqual({ query, status: 400 })
  })

  test('its pages have every record once', async () => {
    const seen: number[] = []
    for (let next: string | undefined = '/audit?type=robot.create&limit=4'; next; ) {
      const { body, headers } = await admin('GET', next)
      seen.push(...body.items.map(({ sequence }: { sequence: number }) => sequence))
      next = /<\/api\/v1([^>]+)>/.exec(headers.get('Link') ?? '')?.[1]
    }
    expect(seen).toHaveLength(6)
    expect(seen).toEqual([...new Set(seen)].sort((one, other) => other - one))
  })

  test('an auditor of a project reads of that project and of no other', async () => {
    const ivy = apiOf(berth.url, await userOf(admin, 'ivy'))
    await admin('POST', '/projects/shop/members', { subject: { kind: 'user', name: 'ivy' }, role: 'auditor' })
    const own = await found(ivy, 'type=robot.create', '/projects/shop/audit')
    expect(own.map(({ resource }: { resource: { project: string } }) => resource.project)).toEqual([
      'shop',
      'shop',
      'shop',
    ])
    expect(await found(ivy, 'project=bank', '/projects/shop/audit')).toBe(400)
    expect(await found(ivy, 'type=robot.create', '/projects/bank/audit')).toBe(403)
    expect(await found(ivy, 'type=robot.create')).toBe(403)
  })

  test('the system role auditor reads everything', async () => {
    const all = apiOf(berth.url, await userOf(admin, 'max', { systemRole: 'auditor' }))
    expect(await found(all, 'type=robot.create')).toHaveLength(6)
    expect(await found(all, 'type=robot.create', '/projects/bank/audit')).toHaveLength(3)
  })
})
