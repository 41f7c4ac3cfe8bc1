import { blobOf, type Document, IMAGE, INDEX, type RegistryClient } from '../support/registry-client.ts'
import { type Api, until } from '../support/sign-in.ts'

const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

export interface ImageOptions {
  /** Its config: an image's own, or any text. */
  readonly config?: object | string
  readonly configType?: string
  readonly layers?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly artifactType?: string
  readonly subject?: Document
}

/** An image's config as builders write it. */
export function configOf(
  platform: { readonly os: string; readonly architecture: string; readonly variant?: string },
  more: { readonly created?: string; readonly labels?: Readonly<Record<string, string>> } = {},
): object {
  const { created, labels } = more
  return { ...platform, ...(created ? { created } : {}), config: labels ? { Labels: labels } : {}, rootfs: {} }
}

/** Pushes an image with its blobs. Gives its document and how many bytes its blobs have, each once. */
export async function pushImage(
  client: RegistryClient,
  repository: string,
  reference: string | undefined,
  options: ImageOptions = {},
): Promise<Document & { readonly blobBytes: number }> {
  const { config = configOf({ os: 'linux', architecture: 'amd64' }), layers = [reference ?? 'layer'] } = options
  const blob = blobOf(typeof config === 'string' ? config : JSON.stringify(config))
  const contents = layers.map(layer => blobOf(layer))
  for (const each of [blob, ...contents]) expectStatus(201, await client.pushBlob(repository, each))
  const describe = ({ digest, bytes }: { digest: string; bytes: Uint8Array }, mediaType: string) => ({
    mediaType,
    digest,
    size: bytes.length,
  })
  const { artifactType, subject, annotations, configType = CONFIG } = options
  const document = {
    schemaVersion: 2,
    mediaType: IMAGE,
    ...(artifactType ? { artifactType } : {}),
    config: describe(blob, configType),
    layers: contents.map(layer => describe(layer, LAYER)),
    ...(subject ? { subject: describe(subject, subject.mediaType) } : {}),
    ...(annotations ? { annotations } : {}),
  }
  const needs = [blob, ...contents].map(({ digest }) => digest)
  const image = { ...blobOf(JSON.stringify(document)), mediaType: IMAGE, needs }
  expectStatus(201, await client.putManifest(repository, reference ?? image.digest, image))
  const sizes = new Map([blob, ...contents].map(({ digest, bytes }) => [digest, bytes.length]))
  return { ...image, blobBytes: [...sizes.values()].reduce((sum, size) => sum + size, 0) }
}

/** Pushes an index of images that are there. @param platforms what its descriptors say; nothing where undefined. */
export async function pushIndex(
  client: RegistryClient,
  repository: string,
  reference: string,
  children: readonly (Document & { readonly platform?: object | undefined })[],
): Promise<Document> {
  const document = {
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: children.map(({ digest, bytes, mediaType, platform }) => ({
      mediaType,
      digest,
      size: bytes.length,
      ...(platform ? { platform } : {}),
    })),
  }
  const index = { ...blobOf(JSON.stringify(document)), mediaType: INDEX, needs: children.map(({ digest }) => digest) }
  expectStatus(201, await client.putManifest(repository, reference, index))
  return index
}

function expectStatus(expected: number, actual: number): void {
  if (actual !== expected) throw new Error(`The registry answered ${actual} and not ${expected}.`)
}

/** Waits until everything that was pushed is described. */
export async function untilDescribed(api: Api): Promise<void> {
  const isDone = await until(async () => {
    const images = await searchAll(api, {})
    return images.every(({ isDescribed }) => isDescribed)
  })
  if (!isDone) throw new Error('The images were not described in time.')
}

type Asked = Readonly<Record<string, string | number | readonly string[]>>

export interface Found {
  readonly repository: string
  readonly digest: string
  readonly tags: readonly string[]
  readonly platforms: readonly string[]
  readonly sizeBytes?: number
  readonly createdAt?: string
  readonly isDescribed: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly configLabels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export function queryOf(asked: Asked): string {
  const pairs = Object.entries(asked).flatMap(([name, value]) => [value].flat().map(each => [name, String(each)]))
  return new URLSearchParams(pairs as [string, string][]).toString()
}

/** All pages of a search. */
export async function searchAll(api: Api, asked: Asked): Promise<readonly Found[]> {
  const items: Found[] = []
  for (let path: string | undefined = `/search?${queryOf(asked)}`; path !== undefined; ) {
    const { status, body, headers } = await api('GET', path)
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`)
    items.push(...body.items)
    path = /^<\/api\/v1([^>]+)>/.exec(headers.get('Link') ?? '')?.[1]
  }
  return items
}

/** `repository:tag`, or `repository@` and the beginning of the digest. */
export function namesOf(found: readonly Found[]): readonly string[] {
  return found.map(({ repository, tags, digest }) =>
    tags.length > 0 ? `${repository}:${tags.join(',')}` : `${repository}@${digest.slice(0, 15)}`,
  )
}
