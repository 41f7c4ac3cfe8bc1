import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Document, registryClient } from '../support/registry-client.ts'
import { ADMIN, type Api, apiOf, basicOf, startClosed } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'
import { configOf, namesOf, pushImage, pushIndex, searchAll, untilDescribed } from './images.ts'

const SIGNATURE = 'application/vnd.dev.cosign.artifact.sig.v1+json'

let berth: Berth
let api: Api
let web: Document & { readonly blobBytes: number }
let arm: Document & { readonly blobBytes: number }
let index: Document
let afterFirst: string

beforeAll(async () => {
  berth = await startClosed()
  api = apiOf(berth.url, ADMIN)
  const client = registryClient(berth.url, { Authorization: basicOf(ADMIN) })
  web = await pushImage(client, 'shop/web', 'v1.0', {
    config: configOf(
      { os: 'linux', architecture: 'amd64' },
      { created: '2026-01-15T10:00:00Z', labels: { maintainer: 'ada', 'org.example.commit': 'abc123' } },
    ),
    layers: ['a layer that comes twice', 'a layer that comes twice', 'another'],
    annotations: { 'org.opencontainers.image.version': '1.0', odd: '100%' },
  })
  await Bun.sleep(5)
  afterFirst = new Date().toISOString()
  arm = await pushImage(client, 'shop/web', undefined, {
    config: configOf({ os: 'linux', architecture: 'arm64', variant: 'v8' }, { created: '2026-02-15T10:00:00Z' }),
    layers: ['for arm'],
  })
  index = await pushIndex(client, 'shop/web', 'v2.0', [
    { ...web, platform: { os: 'linux', architecture: 'amd64' } },
    // What it is for, its config says.
    arm,
  ])
  await pushImage(client, 'shop/web-tools', 'latest', {
    config: configOf({ os: 'windows', architecture: 'amd64' }, { labels: { maintainer: 'bob' } }),
    layers: ['x'.repeat(5000)],
  })
  await pushImage(client, 'bank/vault', 'v1.1', { config: '{"this is": "no image config"}' })
  await pushImage(client, 'bank/vault', 'sig', {
    artifactType: SIGNATURE,
    config: '{}',
    configType: 'application/vnd.oci.empty.v1+json',
    layers: ['signature'],
    subject: web,
  })
  await untilDescribed(api)
})
afterAll(() => berth?.[Symbol.asyncDispose]())

const found = async (asked: Parameters<typeof searchAll>[1]) => namesOf(await searchAll(api, asked))

describe('an image is found', () => {
  const armName = () => `shop/web@${arm.digest.slice(0, 15)}`

  test('by a part of the name of its repository', async () => {
    expect(await found({ name: 'web-' })).toEqual(['shop/web-tools:latest'])
    expect((await found({ name: 'web' })).toSorted()).toEqual(
      ['shop/web:v1.0', 'shop/web:v2.0', armName(), 'shop/web-tools:latest'].toSorted(),
    )
    expect(await found({ repository: 'shop/we' })).toEqual([])
  })

  test('by its tag, and by a pattern of tags', async () => {
    expect(await found({ tag: 'v1.0' })).toEqual(['shop/web:v1.0'])
    expect(await found({ tag: 'v1.*' })).toEqual(['bank/vault:v1.1', 'shop/web:v1.0'])
    expect(await found({ tag: 'v?.0', tagged: 'true', sort: 'newest' })).toEqual(['shop/web:v2.0', 'shop/web:v1.0'])
    expect(await found({ tag: 'V1.0' })).toEqual([])
  })

  test('by having a tag or none', async () => {
    expect(await found({ project: 'shop', tagged: 'false' })).toEqual([armName()])
  })

  test('by the beginning of its digest, with or without the algorithm', async () => {
    for (const digest of [web.digest, web.digest.slice(0, 20), web.digest.slice(7, 19)])
      expect(await found({ digest })).toEqual(['shop/web:v1.0'])
    expect(await found({ digest: 'ffffffffffffffffffff' })).toEqual([])
  })

  test('by a label of its config, with a value or whatever it is', async () => {
    expect(await found({ label: 'maintainer=ada' })).toEqual(['shop/web:v1.0'])
    expect(await found({ label: 'maintainer' })).toEqual(['shop/web:v1.0', 'shop/web-tools:latest'])
    expect(await found({ label: ['maintainer', 'org.example.commit=abc123'] })).toEqual(['shop/web:v1.0'])
    expect(await found({ label: 'maintainer=ad' })).toEqual([])
  })

  test('by an annotation', async () => {
    expect(await found({ annotation: 'org.opencontainers.image.version=1.0' })).toEqual(['shop/web:v1.0'])
    expect(await found({ annotation: 'org.opencontainers.image.version=1' })).toEqual([])
  })

  test('by its platform; an index by those of what it names', async () => {
    expect((await found({ platform: 'linux/amd64' })).toSorted()).toEqual(['shop/web:v1.0', 'shop/web:v2.0'])
    expect((await found({ platform: 'linux/arm64' })).toSorted()).toEqual(['shop/web:v2.0', armName()].toSorted())
    expect((await found({ platform: 'linux/arm64/v8' })).length).toBe(2)
    expect(await found({ platform: 'linux/arm64/v7' })).toEqual([])
    expect(await found({ platform: 'windows' })).toEqual(['shop/web-tools:latest'])
  })

  test('by its media type or artifact type', async () => {
    expect(await found({ type: SIGNATURE })).toEqual(['bank/vault:sig'])
    expect(await found({ type: index.mediaType })).toEqual(['shop/web:v2.0'])
  })

  test('by its size, which is that of all its blobs, each once', async () => {
    const [image] = await searchAll(api, { tag: 'v1.0' })
    expect(image?.sizeBytes).toBe(web.blobBytes)
    const [whole] = await searchAll(api, { tag: 'v2.0' })
    expect(whole?.sizeBytes).toBe(web.blobBytes + arm.blobBytes)
    expect(await found({ atLeastBytes: 5000 })).toEqual(['shop/web-tools:latest'])
    expect(await found({ atLeastBytes: web.blobBytes, atMostBytes: web.blobBytes })).toEqual(['shop/web:v1.0'])
  })

  test('by when it was pushed and when it was built', async () => {
    expect(await found({ pushedBefore: afterFirst })).toEqual(['shop/web:v1.0'])
    expect(await found({ project: 'shop', pushedAfter: afterFirst })).toHaveLength(3)
    expect(await found({ createdAfter: '2026-02-01T00:00:00Z' })).toEqual([armName()])
    expect(await found({ createdAfter: '2026-01-15T10:00:00Z', createdBefore: '2026-01-15T10:00:00.001Z' })).toEqual([
      'shop/web:v1.0',
    ])
  })

  test('by several of these only when all of them hold', async () => {
    expect(await found({ name: 'web', platform: 'linux/amd64', tag: 'v1*' })).toEqual(['shop/web:v1.0'])
    expect(await found({ name: 'tools', platform: 'linux/amd64' })).toEqual([])
  })
})

test('what is found tells all that is known', async () => {
  const [image] = await searchAll(api, { tag: 'v1.0' })
  expect(image).toMatchObject({
    repository: 'shop/web',
    digest: web.digest,
    tags: ['v1.0'],
    platforms: ['linux/amd64'],
    createdAt: '2026-01-15T10:00:00.000Z',
    configLabels: { maintainer: 'ada', 'org.example.commit': 'abc123' },
    annotations: { 'org.opencontainers.image.version': '1.0', odd: '100%' },
    labels: {},
    isDescribed: true,
  })
  const [odd] = await searchAll(api, { tag: 'v1.1' })
  expect(odd).toMatchObject({ platforms: [], configLabels: {}, isDescribed: true })
})

test('nothing in what is asked has a meaning of its own to the database', async () => {
  expect(await found({ name: '_' })).toEqual([])
  expect(await found({ annotation: 'odd=100%' })).toEqual(['shop/web:v1.0'])
  for (const value of ['%', '_00_', '1%', "' or 1=1 --", '"', '\\', '*'])
    expect([value, await found({ annotation: `odd=${value}` })]).toEqual([value, []])
  for (const value of ['%', "a' or ''='", 'ad_'])
    expect([value, await found({ label: `maintainer=${value}` })]).toEqual([value, []])
  for (const [field, value] of [
    ['name', "' or 1=1"],
    ['name', '%'],
    ['tag', "v1' --"],
    ['tag', '[v]1.0'],
    ['digest', 'sha256:%'],
    ['platform', 'linux/%'],
    ['platform', 'linux/amd64/v8/more'],
    ['label', 'a\u0000b'],
    ['annotation', '=b'],
    ['repository', 'Shop'],
    ['after', "1' or 1"],
    ['nothing', 'known'],
  ] as const) {
    const { status, body } = await api('GET', `/search?${field}=${encodeURIComponent(value)}`)
    expect([field, value, status, body.errors?.[0]?.field]).toEqual([field, value, 400, field])
  }
})

describe('a search in pages', () => {
  for (const sort of ['repository', 'newest'] as const) {
    test(`has each image once, by ${sort}, and in the same order`, async () => {
      const whole = await searchAll(api, { sort })
      expect(whole).toHaveLength(6)
      for (const limit of [1, 2, 4]) expect(await searchAll(api, { sort, limit })).toEqual(whole)
    })
  }

  test('is by repository and digest', async () => {
    const keys = (await searchAll(api, {})).map(({ repository, digest }) => `${repository} ${digest}`)
    expect(keys).toEqual(keys.toSorted())
  })

  test('begins with the newest when that is asked', async () => {
    expect((await found({ sort: 'newest', tagged: 'true' }))[0]).toBe('bank/vault:sig')
    expect(await found({ sort: 'newest', repository: 'shop/web', tagged: 'true' })).toEqual([
      'shop/web:v2.0',
      'shop/web:v1.0',
    ])
  })
})
