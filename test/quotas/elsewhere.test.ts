import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BERTH } from '../support/berth-command.ts'
import { sqlOn } from '../support/database.ts'
import { blobOf, imageOf, type RegistryClient, registryClient } from '../support/registry-client.ts'
import { ADMIN, type Api, apiOf, basicOf, startClosed, userOf } from '../support/sign-in.ts'
import { type Berth, withoutSettings } from '../support/start-berth.ts'

let berth: Berth
let client: RegistryClient
let api: Api
let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-home-'))
  berth = await startClosed({ BERTH_GC_INTERVAL_SECONDS: '0' })
  client = registryClient(berth.url, { Authorization: basicOf(ADMIN) })
  api = apiOf(berth.url, ADMIN)
})
afterAll(async () => {
  await berth?.[Symbol.asyncDispose]()
  await rm(home, { recursive: true, force: true })
})

const blob = blobOf('x'.repeat(500))
const image = imageOf([blob])
const total = blob.bytes.length + image.bytes.length

async function withImage(repository: string): Promise<void> {
  expect(await client.pushBlob(repository, blob)).toBe(201)
  expect(await client.putManifest(repository, 'v1', image)).toBe(201)
}

const set = async (project: string, quota: object) =>
  expect(await api('PATCH', `/projects/${project}/quota`, quota)).toMatchObject({ status: 200 })
const usedBy = async (project: string) => (await api('GET', `/projects/${project}/quota`)).body.used
const isRight = async () => expect((await api('GET', '/usage/check')).body).toEqual({ items: [] })

test('what is brought back from the trash must fit', async () => {
  await withImage('trashed/app')
  expect(await client.remove('trashed/app', 'manifests', image.digest)).toBe(202)
  await set('trashed', { manifests: { hard: 0 } })
  const [entry] = (await api('GET', '/projects/trashed/trash')).body.items
  const restore = () => api('POST', `/projects/trashed/trash/${entry.id}/restore`, {})
  expect(await restore()).toMatchObject({ status: 409, body: { detail: expect.stringContaining('0 manifests') } })
  expect(await usedBy('trashed')).toMatchObject({ manifests: 0, tags: 0 })
  await set('trashed', { manifests: { hard: 1 } })
  expect(await restore()).toMatchObject({ status: 200 })
  expect(await usedBy('trashed')).toEqual({ bytes: total, repositories: 1, tags: 1, manifests: 1 })
  await isRight()
})

test('a repository that moves takes its usage along, into a project that has room for it', async () => {
  await withImage('from/app')
  await withImage('from/copy')
  expect(await api('POST', '/projects', { name: 'into' })).toMatchObject({ status: 201 })
  await set('into', { bytes: { hard: total - 1 } })
  const move = () => api('POST', '/projects/from/rename-repository', { repository: 'from/app', to: 'into/app' })
  expect(await move()).toMatchObject({ status: 403, body: { code: 'DENIED' } })
  expect(await usedBy('into')).toEqual({ bytes: 0, repositories: 0, tags: 0, manifests: 0 })
  await set('into', { bytes: { hard: total } })
  expect(await move()).toMatchObject({ status: 200 })
  expect(await usedBy('into')).toEqual({ bytes: total, repositories: 1, tags: 1, manifests: 1 })
  // The blob is still one of the copy.
  expect(await usedBy('from')).toEqual({ bytes: total, repositories: 1, tags: 1, manifests: 1 })
  await isRight()
})

test('a project that gets another name keeps its usage and its quota', async () => {
  await withImage('before/app')
  await withImage('before/other')
  await set('before', { tags: { hard: 2 } })
  const used = await usedBy('before')
  expect(await api('POST', '/projects/before/rename', { to: 'after' })).toMatchObject({ status: 200 })
  expect((await api('GET', '/projects/after/quota')).body).toEqual({ used, quotas: { tags: { hard: 2 } } })
  expect(await client.putManifest('after/app', 'v2', image)).toBe(403)
  await isRight()
})

test('who sees a project sees its quota, and nobody sets one but who manages the registry', async () => {
  await withImage('owned/app')
  const owner = await userOf(api, 'quota-owner')
  const subject = { kind: 'user', name: owner.name }
  expect(await api('POST', '/projects/owned/members', { subject, role: 'owner' })).toMatchObject({ status: 201 })
  const asOwner = apiOf(berth.url, owner)
  expect(await asOwner('GET', '/projects/owned/quota')).toMatchObject({ status: 200, body: { used: { tags: 1 } } })
  expect(await asOwner('PATCH', '/projects/owned/quota', { tags: { hard: 9 } })).toMatchObject({ status: 403 })
  for (const path of ['/quota', '/usage/history', '/usage/check', '/projects/from/quota'])
    expect(await asOwner('GET', path)).toMatchObject({ status: 403 })
})

test('the commands show, set and check quotas, and read usage over time', async () => {
  const env = { BERTH_URL: berth.url, BERTH_USERNAME: ADMIN.name, BERTH_PASSWORD: ADMIN.password }
  const run = async (...args: readonly string[]) => {
    const child = Bun.spawn([BERTH, 'quota', ...args], {
      env: { ...withoutSettings(process.env), XDG_CONFIG_HOME: home, ...env },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
    return { code, stdout, stderr }
  }
  await withImage('shop/web')
  const set = await run('set', 'shop', '--bytes', '1.5GiB', '--soft-bytes', '1GB', '--tags', '20', '--json')
  expect(set).toMatchObject({ code: 0, stderr: '' })
  const quotas = { bytes: { hard: 1.5 * 1024 ** 3, soft: 1e9 }, tags: { hard: 20 } }
  expect(JSON.parse(set.stdout)).toMatchObject({ quotas })
  const shown = await run('show', 'shop')
  expect(shown.stdout).toMatch(/bytes +\S+.* +953\.67 MiB \(1000000000 bytes\) +1\.5 GiB/)
  expect(shown.stdout).toMatch(/tags +1 +- +20/)
  await run('set', 'shop', '--bytes', 'none', '--soft-bytes', 'none')
  expect(JSON.parse((await run('show', 'shop', '--json')).stdout)).toMatchObject({ quotas: { tags: { hard: 20 } } })
  for (const wrong of [['shop'], ['shop', '--registry', '--tags', '1'], ['shop', '--bytes', 'lots'], ['--tags', '1']])
    expect(await run('set', ...wrong)).toMatchObject({ code: 2 })
  expect(await run('set', '--registry', '--tags', '100000')).toMatchObject({ code: 0 })
  expect((await run('show')).stdout).toContain('100000')
  expect(await run('check')).toMatchObject({ code: 0, stdout: 'Every figure is right.\n' })
  await sqlOn(berth.dataFolder, 'insert into usage (project_id, shard, tags) values (0, 78, 1)')
  expect(await run('check')).toMatchObject({ code: 1, stdout: expect.stringContaining('(registry)') })
  expect(await run('check', '--repair')).toMatchObject({ code: 0, stdout: expect.stringContaining('Repaired.') })
  expect(await run('check', '--json')).toMatchObject({ code: 0, stdout: '[]\n' })
  expect(await run('history', '--json')).toMatchObject({ code: 0 })
})
