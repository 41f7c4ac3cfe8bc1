import { gzipSync } from 'node:zlib'
import { type TarFile, tarOf } from '../inventory/tar.ts'
import { type Bytes, blobOf, type Document, IMAGE, type RegistryClient } from '../support/registry-client.ts'
import { type Api, until } from '../support/sign-in.ts'

export const SCANNING = { BERTH_SCANNING_ENABLED: 'true' }

export const OS_RELEASE: TarFile = {
  name: 'etc/os-release',
  content: 'ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
}

export function dpkg(...packages: readonly string[]): TarFile {
  const stanzas = packages.map(each => {
    const [name, version] = each.split(' ')
    return `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`
  })
  return { name: 'var/lib/dpkg/status', content: `${stanzas.join('\n')}\n` }
}

export function npm(folder: string, name: string, version: string): TarFile {
  return {
    name: `${folder}/node_modules/${name}/package.json`,
    content: JSON.stringify({ name, version, license: 'MIT' }),
  }
}

export function layerOf(...files: readonly TarFile[]): Bytes {
  return blobOf(new Uint8Array(gzipSync(tarOf(...files))))
}

export interface Pushed {
  readonly image: Document
  readonly layers: readonly Bytes[]
}

const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

/** Pushes blobs and manifest; what is given besides goes into the manifest. */
export async function pushManifestOf(
  client: RegistryClient,
  repository: string,
  reference: string | undefined,
  { layers, layerType = LAYER, ...more }: { layers: readonly Bytes[]; layerType?: string } & Record<string, unknown>,
): Promise<Pushed> {
  const config = blobOf(JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: {}, config: {} }))
  const describe = ({ digest, bytes }: Bytes, mediaType: string) => ({ mediaType, digest, size: bytes.length })
  for (const blob of [config, ...layers]) expectStatus(201, await client.pushBlob(repository, blob))
  const document = {
    schemaVersion: 2,
    mediaType: IMAGE,
    config: describe(config, CONFIG),
    layers: layers.map(layer => describe(layer, layerType)),
    ...more,
  }
  const bytes = blobOf(JSON.stringify(document))
  const image: Document = { ...bytes, mediaType: IMAGE, needs: [config, ...layers].map(({ digest }) => digest) }
  expectStatus(201, await client.putManifest(repository, reference ?? image.digest, image))
  return { image, layers }
}

export function push(client: RegistryClient, repository: string, reference: string, ...layers: readonly Bytes[]) {
  return pushManifestOf(client, repository, reference, { layers })
}

function expectStatus(expected: number, actual: number): void {
  if (actual !== expected) throw new Error(`The registry answered ${actual} and not ${expected}.`)
}

export interface Scan {
  readonly digest: string
  readonly state: string
  readonly isWaiting: boolean
  readonly reason?: string
  readonly attempts: number
  readonly packages: number
  readonly madeAt?: string
  readonly problems: readonly { readonly path: string; readonly reason: string }[]
  readonly sboms: readonly { readonly digest: string; readonly madeBy?: string; readonly packages: number }[]
  readonly progress?: { readonly readBytes: number; readonly totalBytes?: number }
}

export async function scanOf(api: Api, repository: string, reference: string): Promise<Scan> {
  const { status, body } = await api('GET', `/images/scan?${new URLSearchParams({ repository, reference })}`)
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`)
  return body.images[0]
}

/** Waits until nothing of the image is in line. */
export async function untilScanned(api: Api, repository: string, reference: string): Promise<Scan> {
  let scan: Scan | undefined
  const isDone = await until(async () => {
    scan = await scanOf(api, repository, reference)
    return !scan.isWaiting
  })
  if (!isDone || !scan) throw new Error(`It was not scanned in time: ${JSON.stringify(scan)}`)
  return scan
}

export interface Package {
  readonly ecosystem: string
  readonly name: string
  readonly version: string
  readonly layer?: string
  readonly path: string
  readonly saidBy?: string
}

export async function packagesOf(
  api: Api,
  repository: string,
  reference: string,
  limit = 1000,
): Promise<readonly Package[]> {
  const items: Package[] = []
  const query = new URLSearchParams({ repository, reference, limit: String(limit) })
  for (let path: string | undefined = `/images/packages?${query}`; path !== undefined; ) {
    const { status, body, headers } = await api('GET', path)
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`)
    items.push(...body.items)
    path = /^<\/api\/v1([^>]*)>/.exec(headers.get('Link') ?? '')?.[1]
  }
  return items
}

export const namesOf = (packages: readonly Package[]) => packages.map(({ name, version }) => `${name} ${version}`)
