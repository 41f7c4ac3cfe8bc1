import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readSbom } from '../../src/features/inventory/index.ts'
import { blobOf, type RegistryClient, registryClient } from '../support/registry-client.ts'
import { type Api, apiOf, auditOf, until } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import {
  dpkg,
  layerOf,
  namesOf,
  npm,
  OS_RELEASE,
  type Pushed,
  packagesOf,
  push,
  pushManifestOf,
  SCANNING,
  untilScanned,
} from './images.ts'

let berth: Berth
let client: RegistryClient
let api: Api
let pushed: Pushed
beforeAll(async () => {
  berth = await startBerth({ env: { ...SCANNING, BERTH_SCANNING_ATTACH_SBOM: 'both' } })
  client = registryClient(berth.url)
  api = apiOf(berth.url)
  pushed = await push(
    client,
    'team/app',
    'v1',
    layerOf(OS_RELEASE, dpkg('libc6 2.36-9')),
    layerOf(npm('app', 'left-pad', '1.3.0'), npm('other', 'left-pad', '1.3.0')),
  )
  await untilScanned(api, 'team/app', 'v1')
})
afterAll(() => berth?.[Symbol.asyncDispose]())

async function download(format: string): Promise<{ type: string | null; bytes: Uint8Array }> {
  const response = await fetch(`${berth.url}/api/v1/images/sbom?repository=team/app&reference=v1&format=${format}`)
  expect(response.status).toBe(200)
  return { type: response.headers.get('Content-Type'), bytes: await response.bytes() }
}

interface Referrer {
  readonly digest: string
  readonly artifactType: string
  readonly annotations?: Readonly<Record<string, string>>
}

async function referrersOf(repository: string, digest: string): Promise<readonly Referrer[]> {
  const response = await fetch(`${berth.url}/v2/${repository}/referrers/${digest}`)
  return ((await response.json()) as { manifests: Referrer[] }).manifests
}

const TYPES = { cyclonedx: 'application/vnd.cyclonedx+json', spdx: 'application/spdx+json' } as const

describe('what an image holds, as a document', () => {
  for (const format of ['cyclonedx', 'spdx'] as const)
    test(`${format}: says the same when it is read again`, async () => {
      const { type, bytes } = await download(format)
      expect(type).toBe(TYPES[format])
      const { packages, about, madeBy } = readSbom(bytes, TYPES[format])
      expect(packages.map(({ ecosystem, name, version }) => `${ecosystem} ${name} ${version}`).toSorted()).toEqual([
        'Debian:12 libc6 2.36-9',
        'npm left-pad 1.3.0',
      ])
      expect(about).toBe(pushed.image.digest as never)
      expect(madeBy).toContain('berth')
      expect((await download(format)).bytes).toEqual(bytes)
    })

  test('is attached to the image, once, by the registry itself, and not scanned', async () => {
    const { digest } = pushed.image
    const isAttached = async () => (await referrersOf('team/app', digest)).length === 2
    expect(await until(isAttached)).toBe(true)
    const before = await referrersOf('team/app', digest)
    expect(before.map(({ artifactType }) => artifactType).toSorted()).toEqual([TYPES.spdx, TYPES.cyclonedx])
    const spdx = before.find(({ artifactType }) => artifactType === TYPES.spdx) as Referrer
    const manifest = await (await fetch(`${berth.url}/v2/team/app/manifests/${spdx.digest}`)).json()
    const { layers, subject } = manifest as { layers: { digest: string }[]; subject: { digest: string } }
    expect(subject.digest).toBe(digest)
    const stored = await (await fetch(`${berth.url}/v2/team/app/blobs/${layers[0]?.digest}`)).bytes()
    expect(stored).toEqual((await download('spdx')).bytes)
    expect((await untilScanned(api, 'team/app', spdx.digest)).state).toBe('unsupported')
    const pushes = (await auditOf(berth)).filter(({ resource }) => resource.digest === spdx.digest)
    expect(pushes[0]).toMatchObject({ type: 'manifest.push', actor: { name: 'system' } })
    // The same content again changes nothing.
    await api('POST', '/images/scan?repository=team/app&reference=v1')
    await untilScanned(api, 'team/app', 'v1')
    expect(await referrersOf('team/app', digest)).toEqual(before)
  })

  test('is attached in another repository that the image comes to later', async () => {
    await push(client, 'other/app', 'v1', ...pushed.layers)
    const isAttached = async () => (await referrersOf('other/app', pushed.image.digest)).length === 2
    expect(await until(isAttached)).toBe(true)
  })
})

describe('an SBOM that a builder attached', () => {
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    metadata: { tools: { components: [{ type: 'application', name: 'builder', version: '9' }] } },
    components: [
      { type: 'library', name: 'left-pad', version: '1.3.0', purl: 'pkg:npm/left-pad@1.3.0' },
      { type: 'library', name: 'vendored', version: '7.0.0', purl: 'pkg:npm/vendored@7.0.0' },
    ],
  }

  test('adds what only it says, marked as its own, in that repository and no other', async () => {
    const { image, layers } = await push(client, 'team/said', 'v1', layerOf(npm('app', 'left-pad', '1.3.0')))
    await push(client, 'team/silent', 'v1', ...layers)
    const { image: sbom } = await pushManifestOf(client, 'team/said', undefined, {
      layers: [blobOf(JSON.stringify(bom))],
      layerType: TYPES.cyclonedx,
      artifactType: TYPES.cyclonedx,
      subject: { mediaType: image.mediaType, digest: image.digest, size: image.bytes.length },
    })
    await untilScanned(api, 'team/said', sbom.digest)
    const scan = await untilScanned(api, 'team/said', 'v1')
    expect(scan.sboms).toEqual([{ digest: sbom.digest, madeBy: expect.stringContaining('builder'), packages: 2 }])
    for (const limit of [1, 1000]) {
      const packages = await packagesOf(api, 'team/said', 'v1', limit)
      expect(packages.map(({ name, saidBy }) => [name, saidBy])).toEqual([
        ['left-pad', undefined],
        ['vendored', sbom.digest],
      ])
    }
    expect(namesOf(await packagesOf(api, 'team/silent', 'v1'))).toEqual(['left-pad 1.3.0'])
  })

  test('and that BuildKit put beside the image in an index, as a statement about it', async () => {
    const { image } = await push(client, 'team/built', 'v1', layerOf(npm('app', 'read', '1.0.0')))
    const statement = {
      _type: 'https://in-toto.io/Statement/v0.1',
      predicateType: 'https://spdx.dev/Document',
      subject: [{ name: 'pkg:docker/team/built@v1', digest: { sha256: image.digest.slice(7) } }],
      predicate: {
        spdxVersion: 'SPDX-2.3',
        SPDXID: 'SPDXRef-DOCUMENT',
        name: 'sbom',
        creationInfo: { created: '2026-01-01T00:00:00Z', creators: ['Tool: buildkit-v0.12'] },
        packages: [
          {
            SPDXID: 'SPDXRef-Package-linked',
            name: 'linked',
            versionInfo: '4.0.0',
            externalRefs: [
              {
                referenceCategory: 'PACKAGE-MANAGER',
                referenceType: 'purl',
                referenceLocator: 'pkg:npm/linked@4.0.0',
              },
            ],
          },
        ],
      },
    }
    const { image: attestation } = await pushManifestOf(client, 'team/built', undefined, {
      layers: [blobOf(JSON.stringify(statement))],
      layerType: 'application/vnd.in-toto+json',
    })
    await untilScanned(api, 'team/built', attestation.digest)
    await untilScanned(api, 'team/built', 'v1')
    expect(namesOf(await packagesOf(api, 'team/built', 'v1'))).toEqual(['read 1.0.0', 'linked 4.0.0'])
  })

  test('that cannot be used is told to be so', async () => {
    const { image } = await push(client, 'team/said', 'v2', layerOf(npm('app', 'x', '1.0.0')))
    const { image: sbom } = await pushManifestOf(client, 'team/said', undefined, {
      layers: [blobOf('{"bomFormat":"none"}')],
      layerType: TYPES.cyclonedx,
      subject: { mediaType: image.mediaType, digest: image.digest, size: image.bytes.length },
    })
    expect(await untilScanned(api, 'team/said', sbom.digest)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('SBOM cannot be used'),
    })
  })
})
