import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'

const REPOSITORY = 'api/blobs'
const BLOB = blobOf(Uint8Array.from({ length: 1000 }, (_, index) => index % 251))

let berth: Berth
let client: ReturnType<typeof registryClient>

beforeAll(async () => {
  berth = await startBerth()
  client = registryClient(berth.url)
  expect(await client.pushBlob(REPOSITORY, BLOB)).toBe(201)
})
afterAll(() => berth[Symbol.asyncDispose]())

function get(headers: Record<string, string>, method = 'GET'): Promise<Response> {
  return fetch(`${berth.url}/v2/${REPOSITORY}/blobs/${BLOB.digest}`, { method, headers })
}

test('HEAD says what GET says', async () => {
  const [got, headed] = [await get({}), await get({}, 'HEAD')]
  for (const name of ['Content-Type', 'Content-Length', 'Docker-Content-Digest', 'ETag', 'Accept-Ranges']) {
    expect({ name, value: headed.headers.get(name) }).toEqual({ name, value: got.headers.get(name) })
  }
  expect(got.headers.get('Content-Length')).toBe('1000')
  expect(got.headers.get('Docker-Content-Digest')).toBe(BLOB.digest)
  expect(new Uint8Array(await got.arrayBuffer())).toEqual(BLOB.bytes)
})

describe('ranges', () => {
  test.each([
    ['bytes=0-0', 0, 0],
    ['bytes=10-19', 10, 19],
    ['bytes=990-', 990, 999],
    ['bytes=-10', 990, 999],
    ['bytes=-5000', 0, 999],
    ['bytes=500-5000', 500, 999],
  ] as const)('%s gives the bytes %i to %i', async (range, from, to) => {
    const response = await get({ Range: range })
    expect(response.status).toBe(206)
    expect(response.headers.get('Content-Range')).toBe(`bytes ${from}-${to}/1000`)
    expect(response.headers.get('Content-Length')).toBe(String(to - from + 1))
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(BLOB.bytes.slice(from, to + 1))
  })

  test.each(['bytes=1000-', 'bytes=5000-6000', 'bytes=-0', 'bytes=5-4'])(
    '%s lies outside, and the size is told',
    async range => {
      const response = await get({ Range: range })
      expect(response.status).toBe(416)
      expect(response.headers.get('Content-Range')).toBe('bytes */1000')
    },
  )

  test.each(['bytes=a-b', 'chapters=1-2', 'bytes=0-1,5-6'])('%s is ignored: all of it comes', async range => {
    const response = await get({ Range: range })
    expect({ status: response.status, length: (await response.arrayBuffer()).byteLength }).toEqual({
      status: 200,
      length: 1000,
    })
  })

  test('If-Range gives the range only of what the client has begun with', async () => {
    expect((await get({ Range: 'bytes=0-9', 'If-Range': `"${BLOB.digest}"` })).status).toBe(206)
    expect((await get({ Range: 'bytes=0-9', 'If-Range': '"other"' })).status).toBe(200)
  })
})

test('a client that has it already is answered with 304', async () => {
  expect((await get({ 'If-None-Match': `"${BLOB.digest}"` })).status).toBe(304)
})

describe('a blob of another repository', () => {
  const secret = blobOf('known by its digest only')
  beforeAll(async () => {
    expect(await client.pushBlob('api/secret', secret)).toBe(201)
  })

  test('cannot be seen, nor named by a manifest, by who knows its digest', async () => {
    expect(await client.head(REPOSITORY, 'blobs', secret.digest)).toBe(404)
    expect(await client.get(REPOSITORY, 'blobs', secret.digest)).toBe(404)
    expect(await client.putManifest(REPOSITORY, 'thief', imageOf([secret]))).toBe(404)
  })

  test('is mounted from where it is, and then is here too', async () => {
    const digest = secret.digest
    expect(await client.mount('api/mounted', digest, 'api/secret')).toBe(201)
    expect(await client.get('api/mounted', 'blobs', digest)).toEqual(secret.bytes)
    expect(await client.remove('api/secret', 'blobs', digest)).toBe(202)
    expect(await client.get('api/mounted', 'blobs', digest)).toEqual(secret.bytes)
    expect(await client.pushBlob('api/secret', secret)).toBe(201)
  })

  test('is mounted without naming where it is', async () => {
    expect(await client.mount('api/anywhere', secret.digest)).toBe(201)
    expect(await client.head('api/anywhere', 'blobs', secret.digest)).toBe(200)
  })

  test('becomes an upload where it cannot be mounted from', async () => {
    const response = await client.begin('api/else', `?mount=${secret.digest}&from=api/nothing`)
    expect(response.status).toBe(202)
    const location = client.locate(response)
    location.searchParams.set('digest', secret.digest)
    expect((await fetch(location, { method: 'PUT', body: secret.bytes })).status).toBe(201)
  })
})

describe('uploads', () => {
  test('one POST takes a blob at once', async () => {
    const blob = blobOf('all in one')
    const response = await fetch(`${berth.url}/v2/${REPOSITORY}/blobs/uploads/?digest=${blob.digest}`, {
      method: 'POST',
      body: blob.bytes,
    })
    expect({ status: response.status, digest: response.headers.get('Docker-Content-Digest') }).toEqual({
      status: 201,
      digest: blob.digest,
    })
    expect(await fetch(client.locate(response)).then(located => located.text())).toBe('all in one')
  })

  test('the empty blob is a blob', async () => {
    const nothing = blobOf('')
    expect(await client.pushBlob(REPOSITORY, nothing)).toBe(201)
    expect(await client.get(REPOSITORY, 'blobs', nothing.digest)).toEqual(nothing.bytes)
  })

  test('tell how far they are after each chunk, and are gone after the last or when cancelled', async () => {
    const blob = blobOf('0123456789')
    let location = client.locate(await client.begin(REPOSITORY))
    for (const [from, to] of [
      [0, 3],
      [4, 9],
    ] as const) {
      const patched = await fetch(location, {
        method: 'PATCH',
        body: blob.bytes.slice(from, to + 1),
        headers: { 'Content-Range': `${from}-${to}` },
      })
      expect({ status: patched.status, range: patched.headers.get('Range') }).toEqual({ status: 202, range: `0-${to}` })
      location = client.locate(patched)
      const status = await fetch(location)
      expect({ status: status.status, range: status.headers.get('Range') }).toEqual({ status: 204, range: `0-${to}` })
    }
    expect((await fetch(location, { method: 'DELETE' })).status).toBe(204)
    for (const method of ['GET', 'DELETE', 'PATCH']) expect((await fetch(location, { method })).status).toBe(404)
    expect(await client.head(REPOSITORY, 'blobs', blob.digest)).toBe(404)
  })

  test('sha512 names a blob as sha256 does, in one piece and in chunks', async () => {
    const bytes = new Uint8Array(100_000).fill(7)
    const digest = `sha512:${new Bun.CryptoHasher('sha512').update(bytes).digest('hex')}`
    expect(await client.pushBlob(REPOSITORY, { digest, bytes })).toBe(201)
    expect(await client.get(REPOSITORY, 'blobs', digest)).toEqual(bytes)
    expect(await client.pushChunks('api/chunks', { digest, bytes }, 33_333)).toBe(201)
    expect(await client.get('api/chunks', 'blobs', digest)).toEqual(bytes)
  })
})

test('a blob that a manifest names cannot be deleted before it, and the answer names the manifest', async () => {
  const blob = blobOf('needed')
  const image = imageOf([blob])
  await client.pushBlob(REPOSITORY, blob)
  await client.putManifest(REPOSITORY, 'needs', image)
  const refused = await fetch(`${berth.url}/v2/${REPOSITORY}/blobs/${blob.digest}`, { method: 'DELETE' })
  expect(refused.status).toBe(409)
  expect(await refused.json()).toMatchObject({ errors: [{ code: 'DENIED', detail: { referencedBy: image.digest } }] })
  expect(await client.remove(REPOSITORY, 'manifests', image.digest)).toBe(202)
  expect(await client.remove(REPOSITORY, 'blobs', blob.digest)).toBe(202)
  expect(await client.head(REPOSITORY, 'blobs', blob.digest)).toBe(404)
})
