import { afterAll, beforeAll, expect, test } from 'bun:test'
import { berthCommand } from '../support/berth-command.ts'
import { type Document, registryClient } from '../support/registry-client.ts'
import { apiOf } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { configOf, pushImage, untilDescribed } from './images.ts'

let berth: Berth
let image: Document
beforeAll(async () => {
  berth = await startBerth()
  const client = registryClient(berth.url)
  const config = configOf({ os: 'linux', architecture: 'amd64' }, { created: '2026-01-15T10:00:00Z' })
  image = await pushImage(client, 'shop/web', 'v1', { config, annotations: { 'by\u001b[31m': 'red' } })
  await pushImage(client, 'shop/web', undefined, { layers: ['x'.repeat(2000)] })
  await pushImage(client, 'shop/api', 'v1', { layers: ['api'] })
  await pushImage(client, 'shop/web', undefined, {
    artifactType: 'application/spdx+json',
    config: '{}',
    subject: image,
  })
  await untilDescribed(apiOf(berth.url))
})
afterAll(() => berth?.[Symbol.asyncDispose]())

const run = (...args: readonly string[]) =>
  berthCommand(berth.dataFolder, args, { BERTH_URL: berth.url, BERTH_USERNAME: 'any', BERTH_PASSWORD: 'body' })
const json = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await run(...args, '--json')
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout)
}
const names = (items: readonly { repository: string; tags: readonly string[] }[]) =>
  items.map(({ repository, tags }) => `${repository}:${tags}`)

test('berth search finds by everything that it can be asked', async () => {
  expect(names(await json('search', 'web', '--tagged'))).toEqual(['shop/web:v1'])
  expect(await json('search', '--repository', 'shop/web', '--untagged')).toHaveLength(2)
  expect(names(await json('search', '--project', 'shop', '--tag', 'v*', '--platform', 'linux/amd64'))).toEqual([
    'shop/api:v1',
    'shop/web:v1',
  ])
  expect(await json('search', '--digest', image.digest.slice(0, 19))).toHaveLength(1)
  expect(await json('search', '--type', 'application/spdx+json')).toHaveLength(1)
  expect(await json('search', '--at-least', '2KB', '--at-most', '1MiB')).toHaveLength(1)
  expect(names(await json('search', '--created-after', '2026-01-01', '--created-before', '2026-02-01'))).toEqual([
    'shop/web:v1',
  ])
  expect(await json('search', '--pushed-before', '2026-01-01T00:00:00Z')).toEqual([])
  expect(await json('search', '--most', '1', '--newest')).toHaveLength(1)
  const { code, stdout } = await run('search', 'api')
  expect([code, stdout]).toEqual([0, expect.stringMatching(/REPOSITORY.*\nshop\/api +v1 +sha256:/)])
})

test('berth label sets, lists and removes, on images and repositories', async () => {
  expect(await json('label', 'set', 'shop/web:v1', 'team=web,tier=1')).toEqual({ labels: { team: 'web', tier: '1' } })
  expect(await json('label', 'set', 'shop/web', 'owner=ada')).toEqual({ labels: { owner: 'ada' } })
  expect(await json('label', 'remove', `shop/web@${image.digest}`, 'tier')).toEqual({ labels: { team: 'web' } })
  expect(names(await json('search', '--label', 'team=web', '--label', 'owner'))).toEqual(['shop/web:v1'])
  expect((await run('label', 'list', 'shop/web')).stdout).toMatch(/KEY +VALUE\nowner +ada\n/)
})

test('berth image show tells all, and nothing of it steers the terminal', async () => {
  const { code, stdout } = await run('image', 'show', 'shop/web:v1')
  expect(code).toBe(0)
  for (const part of [
    image.digest,
    'tags: v1',
    'platforms: linux/amd64',
    'created: 2026-01-15',
    'application/spdx+json',
  ])
    expect(stdout).toContain(part)
  expect(stdout).toContain('by?[31m=red')
  expect((await json('image', 'show', `shop/web@${image.digest}`)).digest).toBe(image.digest)
})

test('berth repository list tells what is in each', async () => {
  const { code, stdout } = await run('repository', 'list', '--project', 'shop')
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^REPOSITORY.*\nshop\/api +1 +1 +\d+ .*\nshop\/web +1 +3 +\d+ /),
  ])
})

test('what cannot be asked ends with 2 and says what is wrong', async () => {
  for (const [args, said] of [
    [['search', '--at-least', 'much'], '--at-least: "much" is no size'],
    [['search', '--pushed-after', 'yesterday'], '--pushed-after: "yesterday" is no date'],
    [['search', '--tagged', '--untagged'], 'nothing is both'],
    [['search', '--most', '0'], '--most'],
    [['search', '--platform', 'a/b/c/d'], 'platform'],
    [['image', 'show', 'shop/web'], 'REPOSITORY:TAG'],
    [['image', 'show', 'shop/web:nothing'], 'There is no image shop/web:nothing'],
    [['label', 'set', 'shop/web:v1', 'team'], 'key=value'],
    [['label', 'set', 'shop/web:v1', 'x-=1'], 'labels.x-'],
  ] as const) {
    const { code, stderr } = await run(...args)
    expect([args, code, stderr]).toEqual([args, 2, expect.stringContaining(said)])
  }
})
