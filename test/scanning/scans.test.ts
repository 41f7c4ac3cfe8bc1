import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type RegistryClient, registryClient } from '../support/registry-client.ts'
import { type Api, apiOf, auditOf, until } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import {
  dpkg,
  layerOf,
  namesOf,
  npm,
  OS_RELEASE,
  packagesOf,
  push,
  pushManifestOf,
  SCANNING,
  untilScanned,
} from './images.ts'

let berth: Berth
let client: RegistryClient
let api: Api
beforeAll(async () => {
  berth = await startBerth({ env: SCANNING })
  client = registryClient(berth.url)
  api = apiOf(berth.url)
})
afterAll(() => berth?.[Symbol.asyncDispose]())

describe('an image that is pushed', () => {
  test('is read by itself: its distribution, its packages, each with its layer and path', async () => {
    const { layers } = await push(
      client,
      'team/app',
      'v1',
      layerOf(OS_RELEASE, dpkg('libc6 2.36-9', 'openssl 3.0.11-1')),
      layerOf(npm('app', 'left-pad', '1.3.0')),
    )
    expect(await untilScanned(api, 'team/app', 'v1')).toMatchObject({
      state: 'read',
      packages: 3,
      problems: [],
      distribution: { id: 'debian', version: '12' },
    })
    expect(await packagesOf(api, 'team/app', 'v1', 2)).toMatchObject([
      { ecosystem: 'Debian:12', name: 'libc6', layer: layers[0]?.digest, path: 'var/lib/dpkg/status' },
      { ecosystem: 'Debian:12', name: 'openssl' },
      { ecosystem: 'npm', name: 'left-pad', layer: layers[1]?.digest, path: 'app/node_modules/left-pad/package.json' },
    ])
  })

  test('does not hold what an upper layer deleted or replaced', async () => {
    await push(
      client,
      'team/app',
      'whiteouts',
      layerOf(OS_RELEASE, dpkg('curl 1'), npm('app', 'gone', '1.0.0'), npm('old', 'hidden', '1.0.0')),
      layerOf(dpkg('curl 2'), { name: 'app/node_modules/gone/.wh.package.json' }, { name: 'old/.wh..wh..opq' }),
    )
    await untilScanned(api, 'team/app', 'whiteouts')
    expect(namesOf(await packagesOf(api, 'team/app', 'whiteouts'))).toEqual(['curl 2'])
  })

  test('is read once, whatever repositories it is in', async () => {
    const layers = [layerOf(npm('twice', 'one', '1.0.0'))]
    await push(client, 'team/app', 'once', ...layers)
    const { madeAt } = await untilScanned(api, 'team/app', 'once')
    await push(client, 'other/app', 'once', ...layers)
    expect(await untilScanned(api, 'other/app', 'once')).toMatchObject({ state: 'read', madeAt })
  })

  test('that is no container image is left alone, quietly', async () => {
    const chart = layerOf({ name: 'chart/Chart.yaml', content: 'name: chart' })
    await pushManifestOf(client, 'team/chart', 'v1', {
      layers: [chart],
      layerType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
    })
    expect(await untilScanned(api, 'team/chart', 'v1')).toMatchObject({
      state: 'unsupported',
      reason: expect.stringContaining('helm.chart.content'),
    })
    const { status, body } = await api('GET', '/images/packages?repository=team/chart&reference=v1')
    expect([status, body.detail]).toEqual([409, expect.stringContaining('no container image')])
  })

  test('that is malicious or broken is refused with a reason, and the server serves on', async () => {
    await push(client, 'team/app', 'broken', layerOf({ name: 'a', content: 'b', sizeBytes: 1 << 30 }))
    expect(await untilScanned(api, 'team/app', 'broken')).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/./),
    })
    expect((await fetch(`${berth.url}/v2/`)).status).toBe(200)
  })

  test('is scanned again when somebody asks, and known since it was known first', async () => {
    const { image } = await push(client, 'team/app', 'again', layerOf(npm('again', 'two', '1.0.0')))
    const { madeAt } = await untilScanned(api, 'team/app', 'again')
    const before = (await scanRecords(image.digest)).length
    const { status, body } = await api('POST', '/images/scan?repository=team/app&reference=again')
    expect([status, body.images]).toEqual([200, [{ repository: 'team/app', digest: image.digest }]])
    expect((await untilScanned(api, 'team/app', 'again')).madeAt).toBe(madeAt as string)
    expect((await scanRecords(image.digest)).length).toBe(before + 1)
  })

  test('is recorded in the audit log and counted', async () => {
    const { image } = await push(client, 'team/app', 'audited', layerOf(npm('audited', 'three', '1.0.0')))
    await untilScanned(api, 'team/app', 'audited')
    expect(await scanRecords(image.digest)).toMatchObject([
      {
        outcome: 'success',
        actor: { name: 'system' },
        resource: { project: 'team', repository: 'team/app', digest: image.digest },
        detail: { packages: 1, problems: 0 },
      },
    ])
    const metrics = await (await fetch(`${berth.url}/metrics`)).text()
    expect(metrics).toMatch(/berth_scans_total\{outcome="read"\} \d/)
    expect(metrics).toContain('berth_scans_waiting')
  })

  test('goes with the last of its manifests', async () => {
    const { image } = await push(client, 'team/gone', 'v1', layerOf(npm('x', 'ephemeral', '1.0.0')))
    await untilScanned(api, 'team/gone', 'v1')
    expect((await api('GET', '/packages?name=ephemeral')).body.items).toHaveLength(1)
    const url = `${berth.url}/v2/team/gone/manifests/${image.digest}`
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(202)
    expect((await api('GET', '/packages?name=ephemeral')).body.items).toEqual([])
  })
})

async function scanRecords(digest: string) {
  return (await auditOf(berth)).filter(({ type, resource }) => type === 'scan.completed' && resource.digest === digest)
}

describe('images by what they hold', () => {
  beforeAll(async () => {
    for (const version of ['1.0.0', '1.10.0', '2.0.0'])
      await push(client, 'search/app', `v${version}`, layerOf(npm('app', 'searched', version)))
    for (const version of ['1.0.0', '1.10.0', '2.0.0']) await untilScanned(api, 'search/app', `v${version}`)
  })

  const search = async (query: Readonly<Record<string, string>>) => {
    const { status, body } = await api('GET', `/packages?${new URLSearchParams(query)}`)
    if (status !== 200) return body.detail
    return body.items.flatMap((item: { packages: { version: string }[] }) => item.packages.map(each => each.version))
  }

  test('are found by name, ecosystem and a range of versions, in the ecosystem’s own order', async () => {
    expect((await search({ name: 'searched' })).toSorted()).toEqual(['1.0.0', '1.10.0', '2.0.0'])
    expect((await search({ name: 'searched', version: '<2.0.0' })).toSorted()).toEqual(['1.0.0', '1.10.0'])
    expect(await search({ name: 'searched', version: '>=1.9.0,<2.0.0' })).toEqual(['1.10.0'])
    expect(await search({ name: 'searched', version: '2.0.0', ecosystem: 'npm' })).toEqual(['2.0.0'])
    expect(await search({ name: 'searched', ecosystem: 'PyPI' })).toEqual([])
    expect(await search({ name: 'searched', version: '<' })).toContain('version: "<" is none')
  })

  test('are found by what people call a package: the last part of its name', async () => {
    await push(client, 'search/scoped', 'v1', layerOf(npm('app', '@scope/scoped-name', '1.0.0')))
    await untilScanned(api, 'search/scoped', 'v1')
    expect(await search({ name: 'scoped-name' })).toEqual(['1.0.0'])
    expect(await search({ name: '@scope/scoped-name' })).toEqual(['1.0.0'])
    expect(await search({ name: 'scoped' })).toEqual([])
  })

  test('come in pages that have each once', async () => {
    const found: string[] = []
    for (let path: string | undefined = '/packages?name=searched&limit=1'; path !== undefined; ) {
      const { body, headers } = await api('GET', path)
      found.push(...body.items.map((item: { digest: string }) => item.digest))
      path = /^<\/api\/v1([^>]*)>/.exec(headers.get('Link') ?? '')?.[1]
    }
    expect(found).toHaveLength(3)
    expect(new Set(found).size).toBe(3)
  })
})

test('an index is scanned image by image', async () => {
  const { image: one } = await push(client, 'team/index', 'one', layerOf(npm('a', 'on-amd64', '1.0.0')))
  const { image: two } = await push(client, 'team/index', 'two', layerOf(npm('a', 'on-arm64', '1.0.0')))
  const described = [
    { image: one, platform: { os: 'linux', architecture: 'amd64' } },
    { image: two, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
  ].map(({ image, platform }) => ({
    mediaType: image.mediaType,
    digest: image.digest,
    size: image.bytes.length,
    platform,
  }))
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: described }
  const response = await fetch(`${berth.url}/v2/team/index/manifests/all`, {
    method: 'PUT',
    headers: { 'Content-Type': index.mediaType },
    body: JSON.stringify(index),
  })
  expect(response.status).toBe(201)
  const scans = async () => (await api('GET', '/images/scan?repository=team/index&reference=all')).body.images
  expect(await until(async () => (await scans()).every((each: { isWaiting: boolean }) => !each.isWaiting))).toBe(true)
  expect((await scans()).map((each: { platform: string; state: string }) => [each.platform, each.state])).toEqual([
    ['linux/amd64', 'read'],
    ['linux/arm64/v8', 'read'],
  ])
  const packages = (platform: string) =>
    api('GET', `/images/packages?repository=team/index&reference=all${platform && `&platform=${platform}`}`)
  expect((await packages('linux/arm64/v8')).body.items[0].name).toBe('on-arm64')
  expect((await packages('')).body.detail).toContain('linux/amd64, linux/arm64/v8')
})
