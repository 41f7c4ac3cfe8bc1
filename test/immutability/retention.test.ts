import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sqlOn } from '../support/database.ts'
import { ADMIN, basicOf } from '../support/sign-in.ts'
import { image, type Protected, startProtected } from './protected.ts'

const DAY = 24 * 3600 * 1000
let registry: Protected
beforeAll(async () => {
  registry = await startProtected()
})
afterAll(() => registry?.[Symbol.asyncDispose]())

const api = async (method: string, path: string, body?: unknown, status = 200) => {
  const answer = await registry.admin(method, path, body)
  expect([method, path, answer.status, answer.body?.detail]).toEqual([method, path, status, undefined])
  return answer.body
}
const pushed = async (tag: string, days: number, repository = 'shop/app') => {
  const one = image(`${repository} ${tag}`)
  expect(await registry.docker.push(repository, tag, one)).toMatchObject({ status: 201 })
  const { dataFolder } = registry.berth
  await sqlOn(dataFolder, 'update tags set updated_at = updated_at - ? where name = ?', [days * DAY, tag])
  return one
}
interface Item {
  readonly tags: readonly string[]
  readonly action: string
  readonly because: string
}
/** By the tag of each image. */
const preview = async (): Promise<Readonly<Record<string, Item>>> => {
  const response = await fetch(`${registry.berth.url}/api/v1/projects/shop/retention/preview`, {
    method: 'POST',
    headers: { Authorization: basicOf(ADMIN), 'Content-Type': 'application/json' },
    body: '{}',
  })
  const lines = (await response.text()).trim().split('\n')
  const items = lines.map(line => JSON.parse(line)).filter(line => 'action' in line)
  return Object.fromEntries(items.map((item: Item) => [item.tags.join(), item]))
}
const run = async () => {
  const { id } = await api('POST', '/projects/shop/retention/runs', {}, 201)
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    const found = await api('GET', `/projects/shop/retention/runs/${id}`)
    if (found.state === 'ended') return found
    await Bun.sleep(50)
  }
  throw new Error('the run did not end')
}
const isThere = async (tag: string) => (await registry.docker.digestOf('shop/app', tag)) !== undefined

test('retention takes nothing that a rule or a lock holds, says why, and takes what the rule leaves to it', async () => {
  await pushed('build-old', 100)
  await pushed('v1', 500)
  await pushed('v2', 100)
  await pushed('forever', 5000)
  const locked = await pushed('locked', 100)
  const rules = [{ name: 'old', action: 'delete', when: { pushed: { atLeastDays: 30 } } }]
  await api('PUT', '/projects/shop/retention', { fusePercent: 100, rules })
  const rule = (name: string, more: object) => api('PUT', `/projects/shop/immutability-rules/${name}`, more)
  await rule('releases', { tags: [{ glob: 'v*' }], immutableForDays: 400 })
  await rule('ever', { tags: [{ glob: 'forever' }] })
  const lock = { repository: 'shop/app', reference: 'locked', kinds: ['delete'], reason: 'evidence' }
  await api('POST', '/projects/shop/locks', lock, 201)

  const planned = await preview()
  expect(Object.fromEntries(Object.entries(planned).map(([tag, { action }]) => [tag, action]))).toEqual({
    'build-old': 'delete',
    v1: 'delete',
    v2: 'keep',
    forever: 'keep',
    locked: 'keep',
  })
  expect(planned.v2?.because).toMatch(/immutable until \d{4}-\d\d-\d\dT.* by the rule "releases" of project shop/)
  expect(planned.forever?.because).toContain('immutable by the rule "ever" of project shop')
  expect(planned.locked?.because).toContain('locked against deletion by admin')

  await api('POST', '/projects/shop/retention/enforcement')
  expect(await run()).toMatchObject({ outcome: 'completed', deleted: 2 })
  for (const tag of ['build-old', 'v1']) expect([tag, await isThere(tag)]).toEqual([tag, false])
  for (const tag of ['v2', 'forever', 'locked']) expect([tag, await isThere(tag)]).toEqual([tag, true])
  // People may never, though retention may by now.
  await pushed('v3', 500)
  expect((await registry.docker.remove('shop/app', 'v3')).status).toBe(403)

  await api('DELETE', `/projects/shop/locks?repository=shop/app&reference=${locked.digest}`)
  await api('DELETE', '/projects/shop/immutability-rules/ever', undefined, 204)
  expect(await run()).toMatchObject({ outcome: 'completed', deleted: 3 })
  expect(await isThere('v2')).toBe(true)
})
