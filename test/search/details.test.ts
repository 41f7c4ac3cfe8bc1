import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type RegistryClient, registryClient } from '../support/registry-client.ts'
import { type Api, apiOf, until } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { configOf, pushImage, pushIndex, queryOf, searchAll, untilDescribed } from './images.ts'

let berth: Berth
let api: Api
let client: RegistryClient
beforeAll(async () => {
  berth = await startBerth()
  api = apiOf(berth.url)
  client = registryClient(berth.url)
})
afterAll(() => berth?.[Symbol.asyncDispose]())

const show = async (repository: string, reference: string) =>
  (await api('GET', `/images?${queryOf({ repository, reference })}`)).body

test('odd configs are described as far as they go, and none stops those behind it', async () => {
  const odd: readonly (readonly [string, string | object])[] = [
    ['no-json', 'this is no JSON'],
    ['a-list', '[1,2]'],
    ['null', 'null'],
    ['numbers', { os: 1, architecture: null, created: 5, config: { Labels: { a: 1, b: 'two' } } }],
    ['no-date', { os: 'linux', architecture: 'amd64', created: 'yesterday' }],
    ['year-one', { os: 'linux', architecture: 'amd64', created: '0001-01-01T00:00:00Z' }],
    ['nul', { os: 'li\u0000nux', architecture: 'amd64', config: { Labels: { nul: 'a\u0000b', half: '\ud800' } } }],
    ['attestation', { os: 'unknown', architecture: 'unknown' }],
    ['quotes', { os: 'linux', architecture: '"/arm64', config: { Labels: { 'a"b': 'c' } } }],
    ['deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['large', { os: 'linux', architecture: 'amd64', filler: 'x'.repeat(1 << 20) }],
    [
      'labels',
      { os: 'linux', architecture: 'amd64', config: { Labels: { first: 'kept', second: 'x'.repeat(70_000) } } },
    ],
  ]
  for (const [tag, config] of odd) await pushImage(client, 'odd/configs', tag, { config, layers: [tag] })
  await pushImage(client, 'odd/configs', 'not-a-config', {
    config: JSON.stringify({ os: 'linux', architecture: 'amd64' }),
    configType: 'application/vnd.example.thing',
    layers: ['thing'],
  })
  await pushImage(client, 'odd/last', 'fine', {})
  await untilDescribed(api)
  const found = await searchAll(api, { repository: 'odd/configs' })
  const told = Object.fromEntries(
    found.map(({ tags, platforms, createdAt, configLabels }) => [tags[0], { platforms, createdAt, configLabels }]),
  )
  const linux = { platforms: ['linux/amd64'], createdAt: undefined, configLabels: {} }
  const nothing = { ...linux, platforms: [] }
  expect(told).toEqual({
    'no-json': nothing,
    'a-list': nothing,
    null: nothing,
    numbers: { ...nothing, configLabels: { b: 'two' } },
    'no-date': linux,
    'year-one': linux,
    nul: { ...nothing, configLabels: { nul: 'a\u0000b', half: '\ud800' } },
    attestation: nothing,
    quotes: { ...nothing, configLabels: { 'a"b': 'c' } },
    deep: nothing,
    large: nothing,
    labels: { ...linux, configLabels: { first: 'kept' } },
    'not-a-config': nothing,
  })
  expect((await searchAll(api, { repository: 'odd/last' }))[0]?.platforms).toEqual(['linux/amd64'])
  // The end of one key looks like another one where they stand as JSON.
  expect(await searchAll(api, { label: 'b=c' })).toEqual([])
  expect(await searchAll(api, { label: 'a"b=c' })).toHaveLength(1)
  expect(await searchAll(api, { label: 'nul=a' })).toEqual([])
})

test('details go with an image and come again when it does', async () => {
  const config = configOf({ os: 'plan9', architecture: 'mips' })
  const image = await pushImage(client, 'odd/again', 'v1', { config })
  await untilDescribed(api)
  expect(await searchAll(api, { platform: 'plan9/mips' })).toHaveLength(1)
  expect(await client.remove('odd/again', 'manifests', image.digest)).toBe(202)
  expect(await searchAll(api, { platform: 'plan9/mips' })).toEqual([])
  await pushImage(client, 'odd/again', 'v1', { config })
  expect(await until(async () => (await searchAll(api, { platform: 'plan9/mips' })).length === 1)).toBe(true)
})

test('an image is found by what is known at its push before the rest is known', async () => {
  await pushImage(client, 'odd/soon', 'v1', { annotations: { soon: 'yes' } })
  expect(await searchAll(api, { annotation: 'soon=yes', tag: 'v1' })).toHaveLength(1)
})

test('an image is shown with its children, their platforms and sizes, and what refers to it', async () => {
  const amd = await pushImage(client, 'odd/show', undefined, { layers: ['for amd'] })
  const arm = await pushImage(client, 'odd/show', undefined, {
    config: configOf({ os: 'linux', architecture: 'arm64', variant: 'v8' }),
    layers: ['for arm'],
  })
  const index = await pushIndex(client, 'odd/show', 'v1', [
    { ...amd, platform: { os: 'linux', architecture: 'amd64' } },
    { ...arm, platform: undefined },
  ])
  const sbom = await pushImage(client, 'odd/show', undefined, {
    artifactType: 'application/spdx+json',
    config: '{}',
    layers: ['sbom'],
    subject: index,
    annotations: { by: 'a test' },
  })
  await untilDescribed(api)
  expect(await show('odd/show', 'v1')).toMatchObject({
    repository: 'odd/show',
    digest: index.digest,
    tags: ['v1'],
    platforms: ['linux/amd64', 'linux/arm64/v8'],
    sizeBytes: amd.blobBytes + arm.blobBytes,
    children: [
      { digest: amd.digest, platform: 'linux/amd64', sizeBytes: amd.blobBytes },
      { digest: arm.digest, platform: 'linux/arm64/v8', sizeBytes: arm.blobBytes },
    ],
    referrers: [{ digest: sbom.digest, artifactType: 'application/spdx+json', annotations: { by: 'a test' } }],
  })
  expect(await show('odd/show', sbom.digest)).toMatchObject({ subject: index.digest, tags: [], children: [] })
  const { status } = await api('GET', `/images?${queryOf({ repository: 'odd/show', reference: 'nothing' })}`)
  expect(status).toBe(404)
})

test('repositories are listed with how much is in them', async () => {
  const one = await pushImage(client, 'counted/app', 'v1', { layers: ['shared', 'one'] })
  await pushImage(client, 'counted/app', 'v2', { layers: ['shared', 'three'] })
  await client.putManifest('counted/app', 'latest', one)
  const bytes = one.blobBytes + 'three'.length
  const { body } = await api('GET', '/repositories?project=counted')
  expect(body.items).toEqual([
    {
      name: 'counted/app',
      createdAt: expect.any(String),
      tags: 3,
      manifests: 2,
      sizeBytes: bytes,
      lastPushedAt: expect.any(String),
      isCut: false,
      labels: {},
    },
  ])
  expect(Date.parse(body.items[0].lastPushedAt)).toBeGreaterThanOrEqual(Date.parse(body.items[0].createdAt))
})
