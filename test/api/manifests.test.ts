import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { blobOf, type Document, IMAGE, INDEX, imageOf, indexOf, registryClient } from '../support/registry-client.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'

const REPOSITORY = 'api/manifests'
const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json'
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
const EMPTY = blobOf('{}')

let berth: Berth
let client: ReturnType<typeof registryClient>

beforeAll(async () => {
  berth = await startBerth()
  client = registryClient(berth.url)
  await client.pushBlob(REPOSITORY, EMPTY)
})
afterAll(() => berth[Symbol.asyncDispose]())

function at(reference: string): string {
  return `${berth.url}/v2/${REPOSITORY}/manifests/${reference}`
}

function put(reference: string, body: string | Uint8Array<ArrayBuffer>, mediaType?: string): Promise<Response> {
  return fetch(at(reference), {
    method: 'PUT',
    body,
    headers: mediaType === undefined ? {} : { 'Content-Type': mediaType },
  })
}

async function pushed(document: Document, tag: string): Promise<Document> {
  expect(await client.putManifest(REPOSITORY, tag, document)).toBe(201)
  return document
}

const describing = ({ digest, bytes }: { digest: string; bytes: Uint8Array }, mediaType: string) => ({
  mediaType,
  digest,
  size: bytes.length,
})

test('HEAD says what GET says, by tag and by digest', async () => {
  const image = await pushed(imageOf([EMPTY], { note: 'head' }), 'head')
  for (const reference of ['head', image.digest]) {
    const got = await fetch(at(reference))
    const headed = await fetch(at(reference), { method: 'HEAD' })
    for (const name of ['Content-Type', 'Content-Length', 'Docker-Content-Digest', 'ETag']) {
      expect({ name, value: headed.headers.get(name) }).toEqual({ name, value: got.headers.get(name) })
    }
    expect(got.headers.get('Docker-Content-Digest')).toBe(image.digest)
    expect(got.headers.get('Content-Length')).toBe(String(image.bytes.length))
    expect(got.headers.get('Content-Type')).toBe(image.mediaType)
    expect(new Uint8Array(await got.arrayBuffer())).toEqual(image.bytes)
    expect(await headed.text()).toBe('')
  }
})

test('a client that has it already is answered with 304 and no body', async () => {
  const image = await pushed(imageOf([EMPTY], { note: 'etag' }), 'etag')
  const etag = `"${image.digest}"`
  for (const value of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(at('etag'), { method, headers: { 'If-None-Match': value } })
      expect({ value, method, status: response.status, body: await response.text() }).toEqual({
        value,
        method,
        status: 304,
        body: '',
      })
      expect(response.headers.get('ETag')).toBe(etag)
    }
  }
  expect((await fetch(at('etag'), { headers: { 'If-None-Match': '"other"' } })).status).toBe(200)
})

test('bytes come back as they were sent: white space, order, unknown fields, letters of every script', async () => {
  const config = describing(EMPTY, 'application/vnd.oci.empty.v1+json')
  const body = ` {\t"layers" : [ ] ,\r\n "x-unknown":{"z":1,"a":[1.0,1e3,"\\u00e9é漢🦭"]},\n"config":${JSON.stringify(config)},
    "schemaVersion":2, "annotations":{"b":"2","a":"1"}   }\n\n`
  const image = blobOf(body)
  const response = await put('bytes', body, 'application/vnd.oci.image.manifest.v1+json')
  expect(response.status).toBe(201)
  expect(response.headers.get('Docker-Content-Digest')).toBe(image.digest)
  expect(await client.get(REPOSITORY, 'manifests', 'bytes')).toEqual(image.bytes)
})

describe('kinds of documents:', () => {
  const config = describing(EMPTY, 'application/vnd.docker.container.image.v1+json')
  const kinds: Record<string, () => Promise<readonly [mediaType: string, document: object]>> = {
    'a Docker image': async () => [DOCKER, { schemaVersion: 2, mediaType: DOCKER, config, layers: [] }],
    'a Docker manifest list': async () => {
      const child = await pushed(imageOf([EMPTY], { note: 'child of a list' }), 'child')
      const entry = {
        ...describing(child, child.mediaType),
        platform: { architecture: 'arm64', os: 'linux', variant: 'v8' },
      }
      return [DOCKER_LIST, { schemaVersion: 2, mediaType: DOCKER_LIST, manifests: [entry] }]
    },
    'an index of an index': async () => {
      const inner = await pushed(indexOf([await pushed(imageOf([EMPTY], { note: 'inner' }), 'inner')]), 'inner-index')
      return [INDEX, { schemaVersion: 2, mediaType: INDEX, manifests: [describing(inner, INDEX)] }]
    },
    'an empty index': async () => [INDEX, { schemaVersion: 2, mediaType: INDEX, manifests: [] }],
    'an artifact with an empty config and no layers': async () => [
      'application/vnd.oci.image.manifest.v1+json',
      {
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        artifactType: 'application/x.test',
        config: describing(EMPTY, 'application/vnd.oci.empty.v1+json'),
        layers: [],
      },
    ],
  }
  test.each(Object.entries(kinds))('%s is taken and comes back under its media type', async (_, make) => {
    const [mediaType, document] = await make()
    const { digest, bytes } = blobOf(JSON.stringify(document))
    expect((await put(digest, bytes, mediaType)).status).toBe(201)
    const got = await fetch(at(digest))
    expect(got.headers.get('Content-Type')).toBe(mediaType)
    expect(new Uint8Array(await got.arrayBuffer())).toEqual(bytes)
  })

  test('layers that may not be distributed need not be there, and the answer warns of them', async () => {
    const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
    const absent = { ...describing(blobOf('elsewhere'), foreign), urls: ['https://example.com/layer'] }
    const body = JSON.stringify({ schemaVersion: 2, mediaType: DOCKER, config, layers: [absent] })
    const response = await put('foreign', body, DOCKER)
    expect(response.status).toBe(201)
    expect(response.headers.get('Warning')).toMatch(/^299 - "1 non-distributable layer.*"$/)
  })
})

describe('referrers', () => {
  test('are found with their type and annotations, also of a subject that is pushed later', async () => {
    const subject = imageOf([EMPTY], { note: 'subject' })
    const signature = imageOf([EMPTY], { subject, artifactType: 'application/x.signature', note: 'signed' })
    const plain = imageOf([EMPTY], { subject, note: 'no type of its own' })
    const response = await put(signature.digest, signature.bytes, signature.mediaType)
    expect({ status: response.status, subject: response.headers.get('OCI-Subject') }).toEqual({
      status: 201,
      subject: subject.digest,
    })
    await pushed(plain, plain.digest)
    await pushed(subject, 'subject')
    const all = await fetch(`${berth.url}/v2/${REPOSITORY}/referrers/${subject.digest}`)
    expect(all.headers.get('Content-Type')).toBe(INDEX)
    expect(all.headers.get('OCI-Filters-Applied')).toBeNull()
    const { manifests } = (await all.json()) as { manifests: Record<string, unknown>[] }
    expect(manifests.map(({ digest }) => digest).sort()).toEqual([signature.digest, plain.digest].sort())
    expect(manifests).toContainEqual({
      ...describing(signature, signature.mediaType),
      artifactType: 'application/x.signature',
      annotations: { note: 'signed' },
    })
    // Without an artifactType, the config's media type stands for it.
    expect(manifests.find(({ digest }) => digest === plain.digest)?.artifactType).toBe(plain.artifactType as string)
    const filtered = await fetch(
      `${berth.url}/v2/${REPOSITORY}/referrers/${subject.digest}?artifactType=application/x.signature`,
    )
    expect(filtered.headers.get('OCI-Filters-Applied')).toBe('artifactType')
    expect(((await filtered.json()) as { manifests: unknown[] }).manifests).toHaveLength(1)
  })

  test('of what nobody refers to are an empty index', async () => {
    const response = await fetch(`${berth.url}/v2/${REPOSITORY}/referrers/sha256:${'0'.repeat(64)}`)
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 200,
      body: { schemaVersion: 2, mediaType: INDEX, manifests: [] },
    })
  })
})

describe('tags and digests', () => {
  test('one push by digest sets all the tags that it names', async () => {
    const image = imageOf([EMPTY], { note: 'many tags' })
    const response = await put(`${image.digest}?tag=one&tag=two`, image.bytes, image.mediaType)
    expect(response.status).toBe(201)
    expect(response.headers.get('OCI-Tag')).toBe('one, two')
    for (const tag of ['one', 'two']) expect(await client.get(REPOSITORY, 'manifests', tag)).toEqual(image.bytes)
  })

  test('a tag moves, and what it pointed to stays under its digest', async () => {
    const [first, second] = [imageOf([EMPTY], { note: '1' }), imageOf([EMPTY], { note: '2' })]
    await pushed(first, 'moving')
    await pushed(second, 'moving')
    expect(await client.get(REPOSITORY, 'manifests', 'moving')).toEqual(second.bytes)
    expect(await client.get(REPOSITORY, 'manifests', first.digest)).toEqual(first.bytes)
  })

  test('deleting a tag leaves the manifest and its other tags; deleting the manifest takes the tags', async () => {
    const image = await pushed(imageOf([EMPTY], { note: 'delete' }), 'gone')
    await pushed(image, 'stays')
    expect(await client.remove(REPOSITORY, 'manifests', 'gone')).toBe(202)
    expect(await client.head(REPOSITORY, 'manifests', 'gone')).toBe(404)
    expect(await client.head(REPOSITORY, 'manifests', 'stays')).toBe(200)
    expect(await client.remove(REPOSITORY, 'manifests', image.digest)).toBe(202)
    expect(await client.head(REPOSITORY, 'manifests', 'stays')).toBe(404)
    expect(await client.remove(REPOSITORY, 'manifests', image.digest)).toBe(404)
  })

  test('what an index names cannot be deleted before the index, and the answer names the index', async () => {
    const child = await pushed(imageOf([EMPTY], { note: 'kept child' }), 'kept-child')
    const index = await pushed(indexOf([child], 'keeps'), 'keeps')
    const refused = await fetch(at(child.digest), { method: 'DELETE' })
    expect(refused.status).toBe(409)
    expect(await refused.json()).toMatchObject({
      errors: [{ code: 'DENIED', detail: { referencedBy: index.digest } }],
    })
    expect(await client.remove(REPOSITORY, 'manifests', index.digest)).toBe(202)
    expect(await client.remove(REPOSITORY, 'manifests', child.digest)).toBe(202)
  })

  test('sha512 names a manifest as sha256 does', async () => {
    const { bytes, mediaType } = imageOf([EMPTY], { note: 'long digest' })
    const digest = `sha512:${new Bun.CryptoHasher('sha512').update(bytes).digest('hex')}`
    const response = await put(digest, bytes, mediaType)
    expect({ status: response.status, digest: response.headers.get('Docker-Content-Digest') }).toEqual({
      status: 201,
      digest,
    })
    const got = await fetch(at(digest))
    expect(got.headers.get('Docker-Content-Digest')).toBe(digest)
    expect(new Uint8Array(await got.arrayBuffer())).toEqual(bytes)
  })
})

test('an index may name blobs, as the cache of BuildKit does, and then they are kept', async () => {
  const layer = blobOf('a cached layer')
  const other = blobOf('another')
  expect(await client.pushBlob(REPOSITORY, layer)).toBe(201)
  const cache = (...blobs: { digest: string; bytes: Uint8Array }[]) =>
    JSON.stringify({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: blobs.map(blob => describing(blob, 'application/vnd.oci.image.layer.v1.tar+gzip')),
    })
  expect((await put('cache', cache(layer, other), INDEX)).status).toBe(404)
  expect((await put('cache', cache(layer), INDEX)).status).toBe(201)
  expect(await client.remove(REPOSITORY, 'blobs', layer.digest)).toBe(409)
  expect(await client.remove(REPOSITORY, 'manifests', 'cache')).toBe(202)
})

test('an image whose layers are null has none; a byte order mark is no JSON', async () => {
  const image = { schemaVersion: 2, mediaType: IMAGE, config: describing(EMPTY, 'application/vnd.oci.empty.v1+json') }
  expect((await put('null-layers', JSON.stringify({ ...image, layers: null }), IMAGE)).status).toBe(201)
  const marked = `\uFEFF${JSON.stringify({ ...image, layers: [] })}`
  expect((await put('marked', new TextEncoder().encode(marked), IMAGE)).status).toBe(400)
})

test('the same bytes pushed again under another type change nothing of what is there', async () => {
  const repository = 'api/types'
  const config = blobOf('{}')
  expect(await client.pushBlob(repository, config)).toBe(201)
  const descriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config.digest, size: 2 }
  const bytes = blobOf(JSON.stringify({ schemaVersion: 2, config: descriptor, layers: [] }))
  const push = async (mediaType: string) =>
    (
      await fetch(`${berth.url}/v2/${repository}/manifests/${bytes.digest}`, {
        method: 'PUT',
        body: bytes.bytes,
        headers: { 'Content-Type': mediaType },
      })
    ).status
  const docker = 'application/vnd.docker.distribution.manifest.v2+json'
  expect(await push(IMAGE)).toBe(201)
  expect([201, 400]).toContain(await push(docker))
  const { headers } = await fetch(`${berth.url}/v2/${repository}/manifests/${bytes.digest}`)
  expect(headers.get('Content-Type')).toBe(IMAGE)
})
