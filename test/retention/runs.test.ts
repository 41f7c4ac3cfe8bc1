import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sqlOn } from '../support/database.ts'
import { ADMIN, apiOf, auditOf, startClosed, until, untilLogged } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'
import { type Commands, commandsOn } from './commands.ts'
import { type Item, RETENTION, type Run, type Shop, shopOn } from './shop.ts'

const RULES = [
  { name: 'releases stay', action: 'keep', select: { tags: [{ semver: '*' }] } },
  { name: 'builds go', action: 'delete', select: { tags: [{ glob: 'build-*' }] } },
]
const LOOSE = { rules: RULES, fusePercent: 100 }

let berth: Berth
let shop: Shop
let commands: Commands
beforeAll(async () => {
  berth = await startClosed()
  shop = shopOn(berth)
  commands = await commandsOn(berth)
  await shop.admin('POST', '/projects', { name: 'shop' })
  for (let at = 1; at <= 9; at += 1) await shop.push('shop/app', `build-${at}`)
  await shop.push('shop/app', '1.0.0', 'build-10')
  await shop.push('shop/web', 'latest')
})
afterAll(async () => {
  await commands?.[Symbol.asyncDispose]()
  await berth?.[Symbol.asyncDispose]()
})

const sorted = (items: readonly Item[]) => items.map(item => JSON.stringify(item)).toSorted()
const put = async (policy: object) => {
  const answer = await shop.admin('PUT', RETENTION, policy)
  expect(answer.status).toBe(200)
}
const deletedOf = (items: readonly Item[]) =>
  items
    .filter(({ action }) => action === 'delete')
    .flatMap(({ tags }) => tags)
    .toSorted()
const BUILDS = ['build-1', 'build-10', ...Array.from({ length: 8 }, (_, at) => `build-${at + 2}`)]

test('a run of a policy in dry run deletes nothing, and tells what the preview told', async () => {
  await put(LOOSE)
  const { items, report } = await shop.preview()
  expect(deletedOf(items)).toEqual(BUILDS)
  expect(items.filter(({ action }) => action === 'keep').flatMap(({ tags }) => tags)).toEqual(['1.0.0', 'latest'])
  expect(report).toMatchObject({ outcome: 'completed', deleted: 10, kept: 2 })
  const run = await shop.run({ isDryRun: false })
  expect(run).toMatchObject({ isDryRun: true, outcome: 'completed', deleted: 10, kept: 2, askedBy: 'admin' })
  expect(sorted(await shop.items(run.id))).toEqual(sorted(items))
  expect(await shop.tags('shop/app')).toHaveLength(11)
})

test('another policy can be previewed without being saved', async () => {
  const policy = { rules: [{ name: 'all of web', action: 'delete', select: { repositories: ['shop/web'] } }] }
  const { items } = await shop.preview({ policy })
  expect(deletedOf(items)).toEqual(['latest'])
  const wrong = { policy: { rules: [{ ...policy.rules[0], select: { repositories: ['bank/web'] } }] } }
  expect(await shop.admin('POST', `${RETENTION}/preview`, wrong)).toMatchObject({ status: 400 })
  expect((await shop.admin('GET', RETENTION)).body.policy.rules).toHaveLength(2)
})

test('the preview of the command line is two lists, of nothing but what they are said to be', async () => {
  const { items } = await shop.preview()
  const listOf = (wanted: string) =>
    items
      .filter(({ action }) => action === wanted)
      .map(({ repository, tags, digest, rule, bytes }) => ({ repository, tags, digest, rule, bytes }))
  const shown = await commands.json('retention', 'preview', 'shop')
  expect(shown).toEqual({ keep: listOf('keep'), delete: listOf('delete') })
  const { code, stdout } = await commands.run('retention', 'preview', 'shop')
  expect(code).toBe(0)
  expect(stdout).toContain('builds go: ')
  expect(stdout).toContain('Kept: 2. Deleted: 10, which would free ')
})

test('the fuse keeps a run from deleting too much, and it lists what it would have deleted', async () => {
  await put({ ...LOOSE, fusePercent: 20 })
  const enforced = await commands.run('retention', 'enforce', 'shop')
  expect(enforced.stdout).toContain('more than 20 %')
  expect(await commands.run('retention', 'preview', 'shop')).toMatchObject({ code: 1 })
  const { code, stdout } = await commands.run('retention', 'run', 'shop')
  expect(code).toBe(1)
  expect(stdout).toContain('deleted nothing: it would have deleted 10 of 12 images, more than the fuse of 20 %')
  const [run] = await commands.json('retention', 'runs', 'shop')
  expect(run).toMatchObject({ outcome: 'fuse', isDryRun: false })
  expect((await commands.run('retention', 'runs', 'shop')).stdout).toMatch(/ fuse +none of 10 /)
  expect(deletedOf(await shop.items(run.id))).toEqual(BUILDS)
  expect(await shop.tags('shop/app')).toHaveLength(11)
  expect(await untilLogged(berth, 'would have deleted too much')).toBe(true)
})

test('a run by hand may be dry whatever the policy says', async () => {
  await put({ ...LOOSE, isDryRun: false })
  const run = await commands.json('retention', 'run', 'shop', '--dry-run')
  expect(run).toMatchObject({ isDryRun: true, outcome: 'completed', deleted: 10 })
  expect((await commands.run('retention', 'runs', 'shop')).stdout).toMatch(/ dry +completed +none of 10 /)
  expect(await shop.tags('shop/app')).toHaveLength(11)
})

test('of those who ask for a run at once one starts it, and all are told of it', async () => {
  await shop.admin('DELETE', `${RETENTION}/enforcement`)
  const asked = await Promise.all(Array.from({ length: 8 }, () => shop.admin('POST', `${RETENTION}/runs`, {})))
  expect(asked.map(({ status }) => status)).toEqual(Array(8).fill(201))
  const ids = new Set(asked.map(({ body }) => body.id))
  for (const id of ids) expect((await shop.ended(id)).outcome).toBe('completed')
  expect(ids.size).toBeLessThan(8)
})

test('enforced, a run deletes what the preview said, and records it', async () => {
  const { items } = await shop.preview()
  const enforced = await shop.admin('POST', `${RETENTION}/enforcement`)
  expect(enforced.body).toMatchObject({ policy: { isDryRun: false }, next: { outcome: 'completed', deleted: 10 } })
  const { code, stdout } = await commands.run('retention', 'run', 'shop')
  expect([code, stdout]).toEqual([0, expect.stringContaining('It deleted 10 of 12 images')])
  const [run] = await commands.json('retention', 'runs', 'shop')
  expect(sorted(await shop.items(run.id))).toEqual(sorted(items))
  expect(await shop.tags('shop/app')).toEqual(['1.0.0'])
  expect(await shop.tags('shop/web')).toEqual(['latest'])
  const shown = await commands.json('retention', 'runs', 'shop', run.id)
  expect(shown.delete).toHaveLength(10)
  const records = await auditOf(berth)
  expect(records.find(({ type }) => type === 'retention-policy.enforce')).toMatchObject({
    actor: { name: 'admin' },
    detail: { 'isDryRun.before': true, 'isDryRun.after': false, 'next.deleted': 10 },
  })
  const about = records.filter(({ resource }) => resource.id === run.id)
  expect(about.map(({ type, actor }) => [type, actor.name])).toEqual([
    ['retention-run.start', 'admin'],
    ['retention-run.end', 'system'],
  ])
  expect(about[1]?.detail).toMatchObject({ outcome: 'completed', deleted: 10, kept: 2, askedBy: 'admin' })
  const gone = records.filter(({ detail }) => detail?.rule === 'builds go').map(({ type }) => type)
  expect(gone.toSorted()).toEqual([...Array(9).fill('manifest.delete'), 'tag.delete'])
  const metrics = await fetch(`${berth.url}/metrics`, { headers: { Authorization: basic() } })
  expect((await metrics.text()).split('\n')).toContain('berth_retention_deleted_images_total 10')
})

function basic(): string {
  return `Basic ${Buffer.from(`${ADMIN.name}:${ADMIN.password}`).toString('base64')}`
}

test('a schedule starts runs by itself, in its time', async () => {
  await put({ ...LOOSE, isDryRun: false, schedule: '* * * * * *' })
  await shop.push('shop/app', 'build-11')
  expect(await until(async () => !(await shop.tags('shop/app')).includes('build-11'))).toBe(true)
  await put({ ...LOOSE, isDryRun: false })
  const isListed = await until(async () => {
    const { body } = await shop.admin('GET', `${RETENTION}/runs?limit=1000`)
    return body.items.some(
      ({ askedBy, deleted, state }: Run) => askedBy === 'system' && deleted === 1 && state === 'ended',
    )
  })
  expect(isListed).toBe(true)
})

test('what a schedule missed is made up for once; in a registry that was restored it waits for its next time', async () => {
  const runs = async (): Promise<readonly Run[]> => (await shop.admin('GET', `${RETENTION}/runs?limit=1000`)).body.items
  const byItself = async () =>
    (await runs()).filter(({ askedBy, state }) => askedBy === 'system' && state === 'ended').length
  const nextRun = async (): Promise<number> => {
    const rows = await sqlOn(berth.dataFolder, 'select next_run_at from retention_policies')
    return Number(rows[0]?.next_run_at)
  }
  await put({ ...LOOSE, schedule: '0 0 1 1 *' })
  // Those of other schedules that are under way.
  expect(await until(async () => (await runs()).every(({ state }) => state === 'ended'))).toBe(true)
  const before = await byItself()
  const planned = await nextRun()
  await sqlOn(berth.dataFolder, 'update retention_policies set next_run_at = 1')
  expect(await until(async () => (await byItself()) === before + 1)).toBe(true)
  expect(await nextRun()).toBe(planned)
  await sqlOn(berth.dataFolder, 'update retention_policies set next_run_at = null')
  expect(await until(async () => (await nextRun()) === planned)).toBe(true)
  expect(await byItself()).toBe(before + 1)
})

test('a run that has ended cannot be stopped, and one of another project is not there', async () => {
  const [run] = await commands.json('retention', 'runs', 'shop')
  await shop.ended(run.id)
  expect(await shop.admin('POST', `${RETENTION}/runs/${run.id}/stop`)).toMatchObject({ status: 409 })
  await shop.admin('POST', '/projects', { name: 'bank' })
  expect(await apiOf(berth.url, ADMIN)('GET', `/projects/bank/retention/runs/${run.id}`)).toMatchObject({ status: 404 })
  expect(await shop.admin('POST', '/projects/bank/retention/runs', {})).toMatchObject({ status: 404 })
})
