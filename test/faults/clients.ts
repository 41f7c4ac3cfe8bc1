import { expect } from 'bun:test'
import type { Random } from '../support/random.ts'
import { type Bytes, blobOf, type Document, imageOf, indexOf, type RegistryClient } from '../support/registry-client.ts'
import type { Oracle } from './oracle.ts'

const TAGS = ['latest', 'v1', 'v2', 'a', 'Z', '0', '_x'] as const

/** What one client of the model does: each operation's answer must be the oracle's. */
export interface ModelClient {
  readonly repository: string
  /** Repositories whose blobs it may count on, because nobody changes them meanwhile. */
  readonly sources: readonly string[]
}

export interface World {
  readonly client: RegistryClient
  readonly oracle: Oracle
  readonly random: Random
  readonly blobs: readonly Bytes[]
}

export function someBlobs(random: Random, count: number): readonly Bytes[] {
  return Array.from({ length: count }, (_, index) =>
    blobOf(
      index === 0
        ? new Uint8Array()
        : random.bytes(random.chance(0.1) ? 100_000 + random.below(200_000) : random.below(3000)),
    ),
  )
}

export async function oneOperation(world: World, actor: ModelClient): Promise<void> {
  const { random } = world
  const operations = [
    push,
    push,
    push,
    mount,
    abandon,
    cancel,
    image,
    image,
    image,
    index,
    tagged,
    untag,
    remove,
    unlink,
    read,
  ]
  await random.pick(operations)(world, actor)
}

async function push({ client, oracle, random, blobs }: World, { repository }: ModelClient): Promise<void> {
  const blob = random.pick(blobs)
  const chunked = random.chance(0.4) && blob.bytes.length > 0
  const status = chunked
    ? await client.pushChunks(repository, blob, 1 + random.below(blob.bytes.length))
    : await client.pushBlob(repository, blob)
  expect(status).toBe(oracle.pushBlob(repository, blob.digest))
}

async function mount({ client, oracle, random, blobs }: World, { repository, sources }: ModelClient): Promise<void> {
  const { digest } = random.pick(blobs)
  const from = random.pick([...sources, repository, 'nobody/here'])
  expect(await client.mount(repository, digest, from)).toBe(oracle.mount(repository, digest, from))
}

async function abandon({ client, random }: World, { repository }: ModelClient): Promise<void> {
  const begun = await client.begin(repository)
  expect(begun.status).toBe(202)
  const response = await fetch(client.locate(begun), { method: 'PATCH', body: random.bytes(1 + random.below(500)) })
  expect(response.status).toBe(202)
}

async function cancel({ client, random }: World, { repository }: ModelClient): Promise<void> {
  const location = client.locate(await client.begin(repository))
  await fetch(location, { method: 'PATCH', body: random.bytes(1 + random.below(500)) })
  expect((await fetch(location, { method: 'DELETE' })).status).toBe(204)
  expect((await fetch(location)).status).toBe(404)
}

async function image({ client, oracle, random, blobs }: World, { repository }: ModelClient): Promise<void> {
  const present = blobs.filter(blob => oracle.find(repository)?.blobs.has(blob.digest))
  const from = random.chance(0.15) || present.length === 0 ? blobs : present
  const chosen = Array.from({ length: 1 + random.below(3) }, () => random.pick(from))
  const manifests = [...(oracle.find(repository)?.manifests.values() ?? [])]
  const subject =
    random.chance(0.3) && manifests.length > 0
      ? random.pick(manifests)
      : random.chance(0.1)
        ? imageOf([blobOf('absent')])
        : undefined
  const artifactType = random.chance(0.4)
    ? random.pick(['application/vnd.test.one', 'application/vnd.test.two'])
    : undefined
  const document = imageOf(chosen, {
    note: String(random.below(4)),
    ...(subject ? { subject } : {}),
    ...(artifactType ? { artifactType } : {}),
  })
  await put({ client, oracle, random, blobs }, repository, document)
}

async function index(world: World, { repository }: ModelClient): Promise<void> {
  const { oracle, random } = world
  const manifests = [...(oracle.find(repository)?.manifests.values() ?? [])]
  if (manifests.length === 0) return
  const chosen = Array.from({ length: 1 + random.below(3) }, () => random.pick(manifests))
  const document = indexOf(
    random.chance(0.1) ? [...chosen, imageOf([blobOf('absent')])] : chosen,
    String(random.below(3)),
  )
  await put(world, repository, document)
}

async function put({ client, oracle, random }: World, repository: string, document: Document): Promise<void> {
  if (random.chance(0.6)) {
    const tag = random.pick(TAGS)
    expect(await client.putManifest(repository, tag, document)).toBe(oracle.putManifest(repository, document, [tag]))
    return
  }
  const tags = TAGS.filter(() => random.chance(0.2))
  const query = tags.length > 0 ? `?${tags.map(tag => `tag=${tag}`).join('&')}` : ''
  const status = await client.putManifest(repository, document.digest, document, query)
  expect(status).toBe(oracle.putManifest(repository, document, tags))
}

async function tagged(world: World, { repository }: ModelClient): Promise<void> {
  const { oracle, random } = world
  const manifests = [...(oracle.find(repository)?.manifests.values() ?? [])]
  if (manifests.length > 0) await put(world, repository, random.pick(manifests))
}

async function untag({ client, oracle, random }: World, { repository }: ModelClient): Promise<void> {
  const tag = random.pick(TAGS)
  expect(await client.remove(repository, 'manifests', tag)).toBe(oracle.removeTag(repository, tag))
}

async function remove({ client, oracle, random }: World, { repository }: ModelClient): Promise<void> {
  const known = [...(oracle.find(repository)?.manifests.keys() ?? [])]
  const digest = random.chance(0.1) || known.length === 0 ? blobOf('never pushed').digest : random.pick(known)
  expect(await client.remove(repository, 'manifests', digest)).toBe(oracle.removeManifest(repository, digest))
}

async function unlink({ client, oracle, random, blobs }: World, { repository }: ModelClient): Promise<void> {
  const { digest } = random.pick(blobs)
  expect(await client.remove(repository, 'blobs', digest)).toBe(oracle.removeBlob(repository, digest))
}

async function read({ client, oracle, random, blobs }: World, { repository }: ModelClient): Promise<void> {
  const { digest, bytes } = random.pick(blobs)
  const expected = oracle.find(repository)?.blobs.has(digest) ? bytes : 404
  expect(await client.get(repository, 'blobs', digest)).toEqual(expected)
}
