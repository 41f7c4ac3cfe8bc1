import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ADMIN, type Api, apiOf, auditOf, startClosed, until, userOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'

const RULES = [
  { name: 'releases stay', action: 'keep', select: { tags: [{ semver: '*' }] } },
  { name: 'old builds go', action: 'delete', when: { pushed: { atLeastDays: 30 } } },
]

let berth: Berth
let admin: Api
let maintainer: Api
let reader: Api
beforeAll(async () => {
  berth = await startClosed()
  admin = apiOf(berth.url, ADMIN)
  await admin('POST', '/projects', { name: 'shop' })
  for (const [name, role] of [
    ['mia', 'maintainer'],
    ['rita', 'reader'],
  ] as const) {
    const caller = await userOf(admin, name)
    await admin('POST', '/projects/shop/members', { subject: { kind: 'user', name }, role })
    const api = apiOf(berth.url, caller)
    expect(await until(async () => (await api('GET', '/projects/shop')).status === 200)).toBe(true)
    if (name === 'mia') maintainer = api
    else reader = api
  }
})
afterAll(() => berth?.[Symbol.asyncDispose]())

const set = (policy: object, project = 'shop') => maintainer('PUT', `/projects/${project}/retention`, policy)
const faultsOf = async (policy: object) => {
  const { status, body } = await set(policy)
  expect(status).toBe(400)
  return Object.fromEntries(body.errors.map(({ field, message }: Record<string, string>) => [field, message]))
}

describe('a retention policy', () => {
  test('is there when somebody wrote one, and begins in dry run', async () => {
    expect(await maintainer('GET', '/projects/shop/retention')).toMatchObject({ status: 404 })
    const { status, body } = await set({ rules: RULES })
    expect(status).toBe(200)
    expect(body).toMatchObject({ updatedBy: 'mia', policy: { isDryRun: true, fusePercent: 25, ignoredPullers: [] } })
    expect(body.policy.rules[1]).toEqual({ ...RULES[1], select: {} })
    expect((await reader('GET', '/projects/shop/retention')).body).toEqual(body)
  })

  test('is written by who manages the rules, and seen by who sees the project', async () => {
    expect(await reader('PUT', '/projects/shop/retention', { rules: [] })).toMatchObject({ status: 403 })
    expect(await reader('DELETE', '/projects/shop/retention')).toMatchObject({ status: 403 })
    expect(await reader('POST', '/projects/shop/retention/preview', {})).toMatchObject({ status: 403 })
    expect(await reader('POST', '/projects/shop/retention/enforcement')).toMatchObject({ status: 403 })
    expect(await reader('POST', '/projects/shop/retention/runs', {})).toMatchObject({ status: 403 })
    expect(await admin('PUT', '/projects/nowhere/retention', { rules: [] })).toMatchObject({ status: 404 })
  })

  test('with new rules is not sent with the dry run off', async () => {
    await set({ rules: RULES })
    const { status, body } = await set({ rules: RULES, isDryRun: false })
    expect(status).toBe(409)
    expect(body.detail).toContain('berth retention preview')
  })

  test('that cannot be is refused, each fault by its path', async () => {
    const rule = { name: 'one', action: 'delete' }
    expect(
      await faultsOf({
        schedule: '61 * * * *',
        rules: [
          { ...rule, select: { tags: [{ glob: 'v*' }, { regex: 'a(?=b)' }, { semver: 'newest' }] } },
          { ...rule, select: { repositories: ['bank/*'], state: 'untagged', tags: [{ glob: '*' }] } },
          { ...rule, name: 'two', when: { pushed: {}, pulled: { atLeastDays: 3, atMostDays: 2 } } },
        ],
      }),
    ).toEqual({
      schedule: expect.stringContaining('no cron expression'),
      'rules.0.select.tags.1': expect.stringContaining('RE2'),
      'rules.0.select.tags.2': expect.stringContaining('semantic versions'),
      'rules.1.name': 'there is a rule "one" before it',
      'rules.1.select.repositories.0': expect.stringContaining('shop/'),
      'rules.1.select.tags': expect.stringContaining('without a tag'),
      'rules.2.when.pushed': expect.stringContaining('atLeastDays'),
      'rules.2.when.pulled': expect.stringContaining('nothing is'),
    })
    expect(await faultsOf({ schedule: '0 0 30 2 *', rules: [] })).toEqual({
      schedule: expect.stringContaining('no such time'),
    })
    expect(await faultsOf({ schedule: '2020-01-01T00:00:00', rules: [] })).toEqual({
      schedule: expect.stringContaining('five fields'),
    })
    const many = Array.from({ length: 101 }, (_, at) => ({ ...rule, name: `rule ${at}` }))
    expect(await faultsOf({ rules: many })).toEqual({ rules: expect.stringContaining('100 rules') })
    expect(await faultsOf({ rules: [{ ...rule, select: { tag: 'v*' } }] })).toEqual({
      'rules.0.select.tag': 'is not known here',
    })
  })

  test('may not ask for what Berth cannot tell yet', async () => {
    const rule = { name: 'one', action: 'delete' }
    expect(
      await faultsOf({
        rules: [
          { ...rule, when: { isDeployed: true } },
          { ...rule, name: 'two', select: { isDeployed: false } },
        ],
      }),
    ).toEqual({
      'rules.0.when.isDeployed': expect.stringContaining('Berth cannot tell yet what is deployed'),
      'rules.1.select.isDeployed': expect.stringContaining('Berth cannot tell yet what is deployed'),
    })
  })

  test('tells when it runs next', async () => {
    const { body } = await set({ rules: RULES, schedule: '0 3 * * 0' })
    const next = new Date(body.nextRunAt)
    expect([next.getUTCDay(), next.getUTCHours(), next.getUTCMinutes()]).toEqual([0, 3, 0])
    expect(next.getTime()).toBeGreaterThan(Date.now())
  })

  test('is in the audit log with what was changed, and goes', async () => {
    await set({ rules: RULES })
    await set({ rules: [RULES[0]], fusePercent: 5 })
    expect(await maintainer('DELETE', '/projects/shop/retention')).toMatchObject({ status: 204 })
    expect(await maintainer('DELETE', '/projects/shop/retention')).toMatchObject({ status: 404 })
    const records = (await auditOf(berth)).filter(({ type }) => type.startsWith('retention-policy.'))
    expect(records.at(-1)).toMatchObject({
      type: 'retention-policy.delete',
      actor: { name: 'mia' },
      resource: { project: 'shop', kind: 'retention policy' },
    })
    expect(records.at(-2)).toMatchObject({
      type: 'retention-policy.update',
      detail: {
        'fusePercent.before': 25,
        'fusePercent.after': 5,
        'rule old builds go.before': expect.stringContaining('"atLeastDays":30'),
        'rule old builds go.after': null,
      },
    })
    expect(records.map(({ type }) => type)).toContain('retention-policy.create')
  })
})
