import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { sqlOn } from '../support/database.ts'
import { indexOf } from '../support/registry-client.ts'
import { apiOf, auditOf, basicOf, userOf } from '../support/sign-in.ts'
import { image, type Protected, pusher, startProtected } from './protected.ts'

const DAY = 24 * 3600 * 1000
let registry: Protected
beforeAll(async () => {
  registry = await startProtected()
})
afterAll(() => registry?.[Symbol.asyncDispose]())

const put = async (name: string, rule: object, project = 'shop') => {
  const { status, body } = await registry.admin('PUT', `/projects/${project}/immutability-rules/${name}`, rule)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body
}
const drop = (name: string) => registry.admin('DELETE', `/projects/shop/immutability-rules/${name}`)
/** Makes the tag as old as if it had been set so many days ago. */
const age = (tag: string, days: number) =>
  sqlOn(registry.berth.dataFolder, 'update tags set updated_at = updated_at - ? where name = ?', [days * DAY, tag])
const two = (note: string) => [image(`${note} one`), image(`${note} two`)] as const

describe('an immutable tag', () => {
  const [one, other] = two('immutable')
  beforeAll(async () => {
    await put('releases', { tags: [{ semver: '*' }], repositories: ['shop/app'] })
    expect(await registry.docker.push('shop/app', '1.0.0', one)).toMatchObject({ status: 201 })
  })

  test('is not moved by anybody, an administrator included, and the refusal says why and what to do', async () => {
    const refused = await registry.docker.push('shop/app', '1.0.0', other)
    expect(refused).toMatchObject({
      status: 403,
      code: 'DENIED',
      detail: { tag: '1.0.0', digest: one.digest, rule: 'releases' },
    })
    expect(refused.message).toBe(
      `The tag 1.0.0 of shop/app is immutable by the rule "releases" of project shop and points to ${one.digest}. Push to another tag; who manages the rules can change the rule (berth immutable).`,
    )
    expect(await registry.docker.digestOf('shop/app', '1.0.0')).toBe(one.digest)
    // Nothing of the refused push is kept, either.
    expect(await registry.docker.client.head('shop/app', 'manifests', other.digest)).toBe(404)
  })

  test('takes the same image again', async () => {
    expect(await registry.docker.push('shop/app', '1.0.0', one)).toMatchObject({ status: 201 })
    expect(await registry.docker.push('shop/app', one.digest, one)).toMatchObject({ status: 201 })
  })

  test('is not deleted, and neither is its image by digest', async () => {
    const byTag = await registry.docker.remove('shop/app', '1.0.0')
    expect(byTag).toMatchObject({ status: 403, code: 'DENIED', detail: { tag: '1.0.0', rule: 'releases' } })
    const byDigest = await registry.docker.remove('shop/app', one.digest)
    expect(byDigest).toMatchObject({ status: 403, code: 'DENIED', detail: { tag: '1.0.0', digest: one.digest } })
    expect(byDigest.message).toContain(`shop/app@${one.digest} carries the tag 1.0.0, which is immutable`)
    expect(await registry.docker.digestOf('shop/app', '1.0.0')).toBe(one.digest)
  })

  test('may be a second name of an image, and holds it under the first as well', async () => {
    expect(await registry.docker.push('shop/app', 'latest', one)).toMatchObject({ status: 201 })
    expect(await registry.docker.remove('shop/app', one.digest)).toMatchObject({ status: 403 })
    expect(await registry.docker.remove('shop/app', 'latest')).toMatchObject({ status: 202 })
  })

  test('holds one tag of a push of several, and then none of them is set', async () => {
    const refused = await registry.docker.push('shop/app', `${other.digest}?tag=1.1.0&tag=1.0.0`, other)
    expect(refused).toMatchObject({ status: 403, detail: { tag: '1.0.0' } })
    expect(await registry.docker.digestOf('shop/app', '1.1.0')).toBeUndefined()
  })

  test('keeps the images of its index', async () => {
    const child = image('child')
    const index = indexOf([child])
    await registry.docker.push('shop/app', child.digest, child)
    expect(await registry.docker.push('shop/app', '3.0.0', index)).toMatchObject({ status: 201 })
    expect((await registry.docker.remove('shop/app', child.digest)).status).toBe(409)
  })

  test('tells the audit log of each refusal', async () => {
    const records = (await auditOf(registry.berth)).filter(({ outcome }) => outcome === 'denied')
    const told = (type: string) => records.find(record => record.type === type)
    expect(told('tag.move')).toMatchObject({
      actor: { name: 'admin' },
      reason: 'immutable by the rule "releases" of project shop',
      resource: { repository: 'shop/app', tag: '1.0.0', digest: other.digest },
      detail: { rule: 'releases', before: one.digest, after: other.digest },
    })
    expect(told('tag.delete')).toMatchObject({ resource: { tag: '1.0.0', digest: one.digest } })
    expect(told('manifest.delete')).toMatchObject({ resource: { digest: one.digest }, detail: { rule: 'releases' } })
  })
})

test('what the rule excepts moves, and no name is special', async () => {
  const [one, other] = two('excepted')
  await put('all-but', {
    tags: [{ glob: '*' }],
    exceptTags: [{ glob: 'latest' }, { regex: 'dev-[0-9]+' }],
    repositories: ['shop/web', 'shop/web/*'],
    exceptRepositories: ['shop/web/scratch'],
  })
  const moves = async (repository: string, tag: string) => {
    expect(await registry.docker.push(repository, tag, one)).toMatchObject({ status: 201 })
    return (await registry.docker.push(repository, tag, other)).status
  }
  expect(await moves('shop/web', 'latest')).toBe(201)
  expect(await moves('shop/web', 'dev-12')).toBe(201)
  expect(await moves('shop/web', 'dev-x')).toBe(403)
  expect(await moves('shop/web/inner', 'nightly')).toBe(403)
  expect(await moves('shop/web/scratch', 'nightly')).toBe(201)
  expect(await moves('shop/elsewhere', 'nightly')).toBe(201)
  await put('all-but', { tags: [{ glob: 'latest' }], repositories: ['shop/web'] })
  expect((await registry.docker.push('shop/web', 'latest', one)).status).toBe(403)
  expect((await registry.docker.push('shop/web', 'dev-x', other)).status).toBe(201)
  await drop('all-but')
})

test('after its days people may when the rule says everybody, and never when it says retention', async () => {
  const [one, other] = two('aged')
  await put('yearly', { tags: [{ glob: 'y-*' }], immutableForDays: 365, afterwards: 'everybody' })
  await put('kept', { tags: [{ glob: 'k-*' }], immutableForDays: 365 })
  for (const tag of ['y-1', 'y-2', 'k-1']) await registry.docker.push('shop/aged', tag, one)
  await age('y-1', 364)
  const refused = await registry.docker.push('shop/aged', 'y-1', other)
  expect(refused).toMatchObject({ status: 403, detail: { rule: 'yearly' } })
  const until = new Date(String(refused.detail?.until)).getTime()
  expect(Math.abs(until - Date.now() - DAY)).toBeLessThan(DAY / 10)
  await age('y-1', 1)
  expect(await registry.docker.push('shop/aged', 'y-1', other)).toMatchObject({ status: 201 })
  // It is immutable anew: it was set just now.
  expect((await registry.docker.remove('shop/aged', 'y-1')).status).toBe(403)
  await age('y-2', 366)
  expect((await registry.docker.remove('shop/aged', 'y-2')).status).toBe(202)
  await age('k-1', 10_000)
  const forPeople = await registry.docker.remove('shop/aged', 'k-1')
  expect(forPeople).toMatchObject({ status: 403, detail: { rule: 'kept' } })
  expect(forPeople.detail).not.toHaveProperty('until')
  for (const name of ['yearly', 'kept']) await drop(name)
})

test('a rule of the registry holds in every project, beside the projects own', async () => {
  const [one, other] = two('everywhere')
  await registry.admin('POST', '/projects', { name: 'bank' })
  const rule = { tags: [{ glob: 'signed-*' }], exceptRepositories: ['*/scratch'] }
  expect((await registry.admin('PUT', '/immutability-rules/signed', rule)).status).toBe(200)
  for (const repository of ['shop/any', 'bank/any', 'bank/scratch'])
    expect(await registry.docker.push(repository, 'signed-1', one)).toMatchObject({ status: 201 })
  for (const repository of ['shop/any', 'bank/any']) {
    const refused = await registry.docker.push(repository, 'signed-1', other)
    expect(refused.message).toContain('by the rule "signed" of the registry')
  }
  expect((await registry.docker.push('bank/scratch', 'signed-1', other)).status).toBe(201)
  // What a project says holds there only.
  await put('mine', { tags: [{ glob: 'mine-*' }] })
  for (const repository of ['shop/any', 'bank/any']) await registry.docker.push(repository, 'mine-1', one)
  expect((await registry.docker.push('shop/any', 'mine-1', other)).status).toBe(403)
  expect((await registry.docker.push('bank/any', 'mine-1', other)).status).toBe(201)
  expect((await registry.admin('DELETE', '/immutability-rules/signed')).status).toBe(204)
  expect((await registry.docker.push('bank/any', 'signed-1', other)).status).toBe(201)
  await drop('mine')
})

test('of two that push different images to one immutable tag, one gets it, whoever comes later', async () => {
  await put('raced', { tags: [{ glob: 'r-*' }], repositories: ['shop/race'] })
  await registry.docker.push('shop/race', 'first', image('first'))
  for (let round = 0; round < 5; round += 1) {
    const images = Array.from({ length: 6 }, (_, at) => image(`race ${round} ${at}`))
    const answers = await Promise.all(images.map(each => registry.docker.push('shop/race', `r-${round}`, each)))
    const winners = images.filter((_, at) => answers[at]?.status === 201)
    expect([round, answers.map(({ status }) => status).sort()]).toEqual([round, [201, 403, 403, 403, 403, 403]])
    expect(await registry.docker.digestOf('shop/race', `r-${round}`)).toBe(winners[0]?.digest as string)
  }
  await drop('raced')
})

test('the permission to overwrite tags does not help; who may push sees the rules, and cannot change them', async () => {
  const [one, other] = two('developer')
  const developer = await userOf(registry.admin, 'dora')
  const grant = { subject: { kind: 'user', name: 'dora' }, role: 'developer' }
  expect((await registry.admin('POST', '/projects/shop/members', grant)).status).toBe(201)
  await put('dev', { tags: [{ glob: 'd-*' }] })
  const dora = pusher(registry.berth.url, { Authorization: basicOf(developer) })
  expect(await dora.push('shop/dev', 'd-1', one)).toMatchObject({ status: 201 })
  expect(await dora.push('shop/dev', 'd-1', other)).toMatchObject({ status: 403, detail: { rule: 'dev' } })
  expect(await dora.push('shop/dev', 'd-1', one)).toMatchObject({ status: 201 })
  // Who may push may see the rules, and not change them.
  const api = apiOf(registry.berth.url, developer)
  expect((await api('GET', '/projects/shop/immutability-rules')).body.items).toHaveLength(2)
  expect((await api('DELETE', '/projects/shop/immutability-rules/dev')).status).toBe(403)
  expect((await api('PUT', '/projects/shop/immutability-rules/dev', { tags: [{ glob: 'x' }] })).status).toBe(403)
  await drop('dev')
})

describe('the rules themselves', () => {
  test('are listed in the order in which they were made, and a replaced one keeps its place', async () => {
    for (const name of ['b', 'a', 'c']) await put(name, { tags: [{ glob: 'zz' }] })
    const replaced = await put('a', {
      tags: [{ semver: '>=1', prereleases: true }, { regex: 'v\\d+' }],
      exceptTags: [{ glob: 'x' }],
      immutableForDays: 400,
      afterwards: 'everybody',
    })
    expect(replaced).toMatchObject({ name: 'a', immutableForDays: 400, createdBy: 'admin', warnings: [] })
    const { body } = await registry.admin('GET', '/projects/shop/immutability-rules')
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(['releases', 'b', 'a', 'c'])
    expect(body.items[2]).toMatchObject({
      tags: [{ semver: '>=1', prereleases: true }, { regex: 'v\\d+' }],
      exceptTags: [{ glob: 'x' }],
      repositories: [],
      afterwards: 'everybody',
    })
    for (const name of ['b', 'a', 'c']) expect((await drop(name)).status).toBe(204)
    expect((await drop('a')).status).toBe(404)
  })

  test('that would hold nothing, or that nobody can read, are refused field by field', async () => {
    const refused = async (rule: object, name = 'bad') =>
      (await registry.admin('PUT', `/projects/shop/immutability-rules/${name}`, rule)).body.errors.map(
        ({ field }: { field: string }) => field,
      )
    expect(await refused({ tags: [] })).toEqual(['tags'])
    expect(await refused({ tags: [{ glob: 'a' }, { regex: '(' }, { semver: 'newest' }] })).toEqual(['tags.1', 'tags.2'])
    expect(await refused({ tags: [{ glob: 'v*' }], repositories: ['web/*', 'shop/Web'] })).toEqual([
      'repositories.0',
      'repositories.1',
    ])
    expect(await refused({ tags: [{ glob: 'v*' }], afterwards: 'everybody' })).toEqual(['afterwards'])
    expect(await refused({ tags: [{ glob: 'v*' }], immutableForDays: -1 })).toEqual(['immutableForDays'])
    expect(await refused({ tags: [{ glob: 'v*' }] }, 'Not a name')).toEqual(['rule'])
    const nowhere = await registry.admin('PUT', '/projects/nowhere/immutability-rules/x', { tags: [{ glob: 'v*' }] })
    expect(nowhere.status).toBe(404)
  })

  test('are told to the audit log, with what they were before', async () => {
    await put('told', { tags: [{ glob: 'v*' }] })
    await put('told', { tags: [{ glob: 'w*' }], immutableForDays: 3 })
    await drop('told')
    const records = (await auditOf(registry.berth)).filter(({ resource }) => resource.id === 'told')
    expect(records.map(({ type }) => type)).toEqual([
      'immutability-rule.create',
      'immutability-rule.update',
      'immutability-rule.delete',
    ])
    expect(records[1]?.detail).toMatchObject({
      'tags.before': ['v*'],
      'tags.after': ['w*'],
      'immutableForDays.before': null,
      'immutableForDays.after': 3,
    })
  })
})

describe('a preview', () => {
  test('tells which tags a rule would hold, changes nothing, and warns of one that lasts for ever', async () => {
    for (const tag of ['p-1', 'p-2', 'q-1']) await registry.docker.push('shop/preview', tag, image(tag))
    const preview = async (body: object) =>
      (await registry.admin('POST', '/projects/shop/immutability-preview', body)).body
    const forEver = await preview({ rule: { tags: [{ glob: 'p-*' }] } })
    expect(forEver.items.map(({ tag }: { tag: string }) => tag)).toEqual(['p-1', 'p-2'])
    expect(forEver.items[0]).not.toHaveProperty('untilForRetention')
    expect(forEver.warnings[0]).toContain('retention never deletes one of them')
    const lasting = await preview({ rule: { tags: [{ glob: 'p-*' }], immutableForDays: 400 } })
    expect(lasting.warnings).toEqual([])
    expect(lasting.items[0]).not.toHaveProperty('untilForPeople')
    const until = new Date(lasting.items[0].untilForRetention).getTime()
    expect(Math.round((until - Date.now()) / DAY)).toBe(400)
    // Nothing was made.
    expect(await registry.docker.push('shop/preview', 'p-1', image('another'))).toMatchObject({ status: 201 })
  })

  test('of the rules in force tells what is held now, page by page', async () => {
    await put('short', { tags: [{ glob: 'p-*' }], immutableForDays: 3, afterwards: 'everybody' })
    await put('long', { tags: [{ glob: 'p-2' }] })
    const items: { tag: string; rule: string }[] = []
    let after: string | undefined
    do {
      const asked = { repository: 'shop/prev*', limit: 1, after }
      const { status, body } = await registry.admin('POST', '/projects/shop/immutability-preview', asked)
      expect(status).toBe(200)
      expect(body.items.length).toBeLessThanOrEqual(1)
      items.push(...body.items)
      after = body.next
    } while (after !== undefined)
    expect(items.map(({ tag, rule }) => [tag, rule])).toEqual([
      ['p-1', 'short'],
      ['p-2', 'long'],
    ])
    await age('p-1', 4)
    const { body } = await registry.admin('POST', '/projects/shop/immutability-preview', { tag: 'p-*' })
    expect(body.items.map(({ tag }: { tag: string }) => tag)).toEqual(['p-2'])
    for (const name of ['short', 'long']) await drop(name)
  })
})

test('a rule that lasts for ever is answered with the rules of retention that could never act', async () => {
  const old = {
    name: 'old',
    action: 'delete',
    select: { tags: [{ glob: 'n-*' }] },
    when: { pushed: { atLeastDays: 9 } },
  }
  const policy = { isDryRun: true, fusePercent: 50, ignoredPullers: [], rules: [old] }
  const set = await registry.admin('PUT', '/projects/shop/retention', policy)
  expect([set.status, set.body?.detail]).toEqual([200, undefined])
  for (const tag of ['n-1', 'n-2']) await registry.docker.push('shop/retained', tag, image(tag))
  const all = await put('never', { tags: [{ glob: 'n-*' }] })
  expect(all.warnings[1]).toBe(
    'The retention rule "old" could never delete all 2 tags that it is about now, such as shop/retained:n-1.',
  )
  const some = await put('never', { tags: [{ glob: 'n-2' }] })
  expect(some.warnings[1]).toContain('could never delete 1 of 2 tags that it is about now, such as shop/retained:n-2.')
  expect((await put('never', { tags: [{ glob: 'other' }] })).warnings).toHaveLength(1)
  expect((await put('never', { tags: [{ glob: 'n-*' }], immutableForDays: 0 })).warnings).toEqual([])
  await drop('never')
})

test('rules that are made and removed while many push disturb nobody, and what is told holds', async () => {
  await registry.docker.push('shop/busy', 'b-0', image('busy'))
  const changing = (async () => {
    for (let round = 0; round < 8; round += 1) {
      await put('busy', { tags: [{ glob: 'b-*' }], repositories: ['shop/busy'] })
      // The rule was acknowledged: from here on it holds.
      const held = await registry.docker.push('shop/busy', 'b-0', image(`held ${round}`))
      expect(held).toMatchObject({ status: 403, detail: { rule: 'busy' } })
      expect((await drop('busy')).status).toBe(204)
    }
  })()
  const pushing = Array.from({ length: 3 }, async (_, at) => {
    const statuses = new Set<number>()
    for (let round = 0; round < 20; round += 1)
      statuses.add((await registry.docker.push('shop/busy', `b-${at + 1}`, image(`${at} ${round}`))).status)
    return [...statuses].filter(status => status !== 201 && status !== 403)
  })
  await changing
  expect(await Promise.all(pushing)).toEqual([[], [], []])
})
