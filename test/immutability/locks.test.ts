import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { berthCommand } from '../support/berth-command.ts'
import { apiOf, auditOf, userOf } from '../support/sign-in.ts'
import { image, type Protected, startProtected } from './protected.ts'

const BY_HAND = { BERTH_GC_INTERVAL_SECONDS: '0', BERTH_GC_REMOVAL_DELAY_SECONDS: '0', BERTH_TRASH_DAYS: '0' }
let registry: Protected
beforeAll(async () => {
  registry = await startProtected(BY_HAND)
})
afterAll(() => registry?.[Symbol.asyncDispose]())

const lock = (body: object) => registry.admin('POST', '/projects/shop/locks', { reason: 'audit 2026', ...body })
const unlock = (query: Record<string, string>) =>
  registry.admin('DELETE', `/projects/shop/locks?${new URLSearchParams(query)}`)
const pushed = async (repository: string, tag: string) => {
  const one = image(`${repository} ${tag}`)
  expect(await registry.docker.push(repository, tag, one)).toMatchObject({ status: 201 })
  return one
}

describe('a lock on an image', () => {
  test('against deletion keeps it and its tags, which may still be moved to another image', async () => {
    const one = await pushed('shop/image', 'a')
    await pushed('shop/image', 'other')
    const { status, body } = await lock({ repository: 'shop/image', reference: 'a', kinds: ['delete'] })
    expect(status).toBe(201)
    expect(body.items).toEqual([
      {
        repository: 'shop/image',
        digest: one.digest,
        kind: 'delete',
        reason: 'audit 2026',
        lockedBy: 'admin',
        lockedAt: expect.any(String),
      },
    ])
    const byDigest = await registry.docker.remove('shop/image', one.digest)
    expect(byDigest).toMatchObject({ status: 403, code: 'DENIED', detail: { digest: one.digest, lock: 'delete' } })
    expect(byDigest.message).toMatch(
      /^The image shop\/image@sha256:\w+ is locked against deletion by admin on \d{4}-\d\d-\d\d \(audit 2026\)\. .* berth unlock shop\/image@sha256:\w+ --kind delete\.$/,
    )
    expect((await registry.docker.remove('shop/image', 'a')).message).toContain('The tag a points to shop/image@')
    expect(await registry.docker.remove('shop/image', 'other')).toMatchObject({ status: 202 })
    expect(await registry.docker.push('shop/image', 'a', image('moved'))).toMatchObject({ status: 201 })
    // It has no tag any more, and stays.
    expect((await registry.docker.remove('shop/image', one.digest)).status).toBe(403)
    expect((await unlock({ repository: 'shop/image', reference: one.digest })).body.items).toHaveLength(1)
    expect((await registry.docker.remove('shop/image', one.digest)).status).toBe(202)
  })

  test('against changes keeps its tags where they point, and lets it be deleted', async () => {
    const one = await pushed('shop/fixed', 'a')
    expect((await lock({ repository: 'shop/fixed', reference: one.digest, kinds: ['write'] })).status).toBe(201)
    const refused = await registry.docker.push('shop/fixed', 'a', image('another'))
    expect(refused).toMatchObject({ status: 403, detail: { tag: 'a', lock: 'write' } })
    expect(await registry.docker.push('shop/fixed', 'a', one)).toMatchObject({ status: 201 })
    expect(await registry.docker.push('shop/fixed', 'b', image('another'))).toMatchObject({ status: 201 })
    expect((await registry.docker.remove('shop/fixed', one.digest)).status).toBe(202)
    // The lock is about what the image is, so it is there again with it.
    await registry.docker.push('shop/fixed', 'a', one)
    expect((await registry.docker.push('shop/fixed', 'a', image('another'))).status).toBe(403)
  })

  test('keeps it from garbage collection, and lets go when it is taken away', async () => {
    const one = image('kept untagged')
    const client = registry.docker.client
    expect(await registry.docker.push('shop/gc', one.digest, one)).toMatchObject({ status: 201 })
    expect((await lock({ repository: 'shop/gc', reference: one.digest })).status).toBe(201)
    const collect = async () => {
      const flags = ['gc', '--json', '--grace', '0', '--untagged', 'delete']
      const { code, stdout } = await berthCommand(registry.berth.dataFolder, flags, BY_HAND)
      expect(code).toBe(0)
      return JSON.parse(stdout)
    }
    for (let again = 0; again < 2; again += 1) {
      await collect()
      expect(await client.head('shop/gc', 'manifests', one.digest)).toBe(200)
    }
    await unlock({ repository: 'shop/gc', reference: one.digest })
    await collect()
    expect(await client.head('shop/gc', 'manifests', one.digest)).toBe(404)
  })
})

describe('a lock on a repository', () => {
  test('against changes takes no pushes, but what is there already', async () => {
    const one = await pushed('shop/frozen', 'a')
    expect((await lock({ repository: 'shop/frozen', kinds: ['write'] })).status).toBe(201)
    for (const tag of ['a', 'new']) {
      const refused = await registry.docker.push('shop/frozen', tag, image('another'))
      expect(refused).toMatchObject({ status: 403, detail: { lock: 'write' } })
      expect(refused.message).toContain('The repository shop/frozen is locked against changes by admin')
    }
    const to = { repository: 'shop/frozen', to: 'shop/thawed' }
    const rename = await registry.admin('POST', '/projects/shop/rename-repository', to)
    expect([rename.status, rename.body.detail]).toEqual([403, expect.stringContaining('locked against changes')])
    // A second name of what is there is new as well.
    expect((await registry.docker.push('shop/frozen', 'second', one)).status).toBe(403)
    expect(await registry.docker.push('shop/frozen', 'a', one)).toMatchObject({ status: 201 })
    expect(await registry.docker.push('shop/frozen', one.digest, one)).toMatchObject({ status: 201 })
    expect((await registry.docker.remove('shop/frozen', 'a')).status).toBe(202)
  })

  test('against deletion keeps all that is in it', async () => {
    const one = await pushed('shop/kept', 'a')
    expect((await lock({ repository: 'shop/kept', kinds: ['delete'] })).status).toBe(201)
    expect((await registry.docker.remove('shop/kept', 'a')).status).toBe(403)
    expect((await registry.docker.remove('shop/kept', one.digest)).status).toBe(403)
    expect(await registry.docker.push('shop/kept', 'a', image('another'))).toMatchObject({ status: 201 })
    expect((await unlock({ repository: 'shop/kept' })).status).toBe(200)
    expect((await registry.docker.remove('shop/kept', one.digest)).status).toBe(202)
  })
})

describe('locks themselves', () => {
  test('are listed page by page, and one that is there gets the new reason', async () => {
    const one = await pushed('shop/listed', 'a')
    await lock({ repository: 'shop/listed' })
    await lock({ repository: 'shop/listed', reference: 'a' })
    await lock({ repository: 'shop/listed', reference: 'a', kinds: ['write'], reason: 'another' })
    const found: string[] = []
    let path: string | undefined = '/projects/shop/locks?limit=2'
    while (path !== undefined) {
      const { body, headers } = await registry.admin('GET', path)
      found.push(
        ...body.items
          .filter(({ repository }: { repository: string }) => repository === 'shop/listed')
          .map((each: { digest?: string; kind: string; reason: string }) =>
            [each.digest === undefined ? 'all' : each.digest === one.digest ? 'a' : '?', each.kind, each.reason].join(),
          ),
      )
      path = /^<\/api\/v1([^>]+)>/.exec(headers.get('Link') ?? '')?.[1]
    }
    expect(found).toEqual(['all,delete,audit 2026', 'all,write,audit 2026', 'a,delete,audit 2026', 'a,write,another'])
  })

  test('are made for what is there, in the project, with a reason', async () => {
    await pushed('shop/there', 'a')
    expect((await lock({ repository: 'shop/nowhere' })).status).toBe(404)
    expect((await lock({ repository: 'shop/there', reference: 'b' })).status).toBe(404)
    expect((await lock({ repository: 'shop/there', reference: `sha256:${'0'.repeat(64)}` })).status).toBe(404)
    expect((await lock({ repository: 'bank/there' })).body.errors[0].field).toBe('repository')
    expect((await lock({ repository: 'shop/there', reason: ' ' })).body.errors[0].field).toBe('reason')
    expect((await lock({ repository: 'shop/there', kinds: [] })).body.errors[0].field).toBe('kinds')
    expect((await unlock({ repository: 'shop/there' })).status).toBe(404)
  })

  test('are seen by members, and made by who manages the rules; the audit log has both', async () => {
    const one = await pushed('shop/told', 'a')
    const reader = apiOf(registry.berth.url, await userOf(registry.admin, 'rita'))
    const grant = { subject: { kind: 'user', name: 'rita' }, role: 'reader' }
    expect((await registry.admin('POST', '/projects/shop/members', grant)).status).toBe(201)
    expect((await reader('GET', '/projects/shop/locks')).status).toBe(200)
    const refused = await reader('POST', '/projects/shop/locks', { repository: 'shop/told', reason: 'mine' })
    expect(refused.status).toBe(403)
    await lock({ repository: 'shop/told', reference: 'a', kinds: ['delete'] })
    await unlock({ repository: 'shop/told', reference: 'a', kind: 'delete' })
    const records = (await auditOf(registry.berth)).filter(
      ({ type, resource }) => type.startsWith('lock.') && resource.repository === 'shop/told',
    )
    expect(records.map(({ type }) => type)).toEqual(['lock.create', 'lock.delete'])
    expect(records[0]).toMatchObject({
      actor: { name: 'admin' },
      resource: { project: 'shop', repository: 'shop/told', tag: 'a', digest: one.digest },
      detail: { lock: 'delete', reason: 'audit 2026' },
    })
  })
})
