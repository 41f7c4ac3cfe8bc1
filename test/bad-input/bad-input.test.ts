import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { berthCommand } from '../support/berth-command.ts'
import { sqlOn } from '../support/database.ts'
import { errorOf, rawRequest, statusOf } from '../support/raw-request.ts'
import {
  type Bytes,
  blobOf,
  IMAGE,
  INDEX,
  imageOf,
  indexOf,
  type RegistryClient,
  registryClient,
} from '../support/registry-client.ts'
import { untilLogged } from '../support/sign-in.ts'
import { type Berth, replicaCount, startBerth } from '../support/start-berth.ts'
import { storeOf } from '../support/stored-objects.ts'

let berth: Berth
let client: RegistryClient
const REPOSITORY = 'bad/input'
const config = blobOf('{}')
const good = imageOf([config])

beforeAll(async () => {
  berth = await startBerth({ env: { BERTH_LIMITS_BLOB_BYTES: '3000000', BERTH_GC_INTERVAL_SECONDS: '0' } })
  client = registryClient(berth.url)
  expect(await client.pushBlob(REPOSITORY, config)).toBe(201)
  expect(await client.putManifest(REPOSITORY, 'good', good)).toBe(201)
})
afterAll(() => berth[Symbol.asyncDispose]())

/** Whatever was refused: what was there is there, nothing else is, and the next right request works. */
afterEach(async () => {
  expect(await client.get(REPOSITORY, 'manifests', 'good')).toEqual(good.bytes)
  expect(await client.list(`${REPOSITORY}/tags/list`, 'tags')).toEqual(['good'])
  const next = blobOf(crypto.randomUUID())
  expect(await client.pushBlob('next/works', next)).toBe(201)
  expect(await client.get('next/works', 'blobs', next.digest)).toEqual(next.bytes)
})

async function begun(): Promise<URL> {
  return client.locate(await client.begin(REPOSITORY))
}

function put(location: URL, { digest, bytes }: Bytes, headers: Record<string, string> = {}): Promise<Response> {
  const url = new URL(location)
  url.searchParams.set('digest', digest)
  return fetch(url, { method: 'PUT', body: bytes, headers })
}

function patch(location: URL, body: string | ReadableStream, range?: string): Promise<Response> {
  return fetch(location, { method: 'PATCH', body, headers: range === undefined ? {} : { 'Content-Range': range } })
}

async function received(location: URL): Promise<string | null> {
  const response = await fetch(location)
  expect(response.status).toBe(204)
  return response.headers.get('Range')
}

async function uploadFiles(): Promise<number> {
  return (await storeOf(berth.dataFolder)).uploads()
}

describe('a blob', () => {
  test('with another digest than it says is refused, and leaves nothing', async () => {
    for (const size of [10, 100_000, 2_000_000]) {
      const before = await uploadFiles()
      const [sent, said] = [new Uint8Array(size).fill(1), blobOf(`not that ${size}`)]
      const location = await begun()
      const refused = await errorOf(await put(location, { digest: said.digest, bytes: sent }))
      expect(refused).toMatchObject({ status: 400, code: 'DIGEST_INVALID' })
      expect(refused.message).toContain(said.digest)
      expect(await client.head(REPOSITORY, 'blobs', said.digest)).toBe(404)
      expect(await client.head(REPOSITORY, 'blobs', blobOf(sent).digest)).toBe(404)
      expect((await fetch(location)).status).toBe(404)
      expect(await uploadFiles()).toBe(before)
    }
  })

  test('with a digest that is none, or of an unknown algorithm, is refused', async () => {
    for (const digest of ['', 'sha256:abc', 'md5:d41d8cd98f00b204e9800998ecf8427e', `sha256:${'A'.repeat(64)}`, 'x']) {
      const response = await put(await begun(), { digest, bytes: config.bytes })
      expect(await errorOf(response)).toMatchObject({ status: 400, code: 'DIGEST_INVALID' })
    }
    const missing = await fetch(await begun(), { method: 'PUT', body: 'x' })
    expect((await errorOf(missing)).message).toContain('needs the parameter "digest"')
    const algorithm = await fetch(`${berth.url}/v2/${REPOSITORY}/blobs/uploads/?digest-algorithm=md5`, {
      method: 'POST',
    })
    expect(await errorOf(algorithm)).toMatchObject({ status: 400, code: 'DIGEST_INVALID' })
  })

  test('over the limit is refused, by its declared length or when it gets there, and names the limit', async () => {
    const large = blobOf(new Uint8Array(3_000_001))
    const declared = await errorOf(await put(await begun(), large))
    expect(declared).toMatchObject({ status: 413, code: 'SIZE_INVALID', detail: { limitBytes: 3_000_000 } })
    expect(declared.message).toContain('limits.blobBytes')
    const streamed = await errorOf(await patch(await begun(), new Blob([large.bytes]).stream()))
    expect(streamed).toMatchObject({ status: 413, code: 'SIZE_INVALID' })
    const location = await begun()
    expect((await patch(location, 'x'.repeat(2_000_000), '0-1999999')).status).toBe(202)
    expect(await errorOf(await patch(location, 'x'.repeat(1_000_001), '2000000-3000000'))).toMatchObject({
      status: 413,
    })
    expect(await received(location)).toBe('0-1999999')
  })

  // A balancer need not pass such a request on.
  if (replicaCount === 1) {
    test('whose body is shorter than its length keeps what came of it, and is resumed from there', async () => {
      const whole = blobOf('0123456789'.repeat(200_000))
      const location = await begun()
      const head = `PATCH ${location.pathname} HTTP/1.1\r\nHost: ${berth.host}\r\nContent-Length: 2000000\r\n\r\n`
      await rawRequest(berth.host, `${head}${'0123456789'.repeat(150_000)}`, { halfClose: true })
      const have = await settledLength(location)
      expect(have).toBeGreaterThan(0)
      expect(have).toBeLessThanOrEqual(1_500_000)
      const rest = new TextDecoder().decode(whole.bytes.slice(have))
      expect((await patch(location, rest, `${have}-1999999`)).status).toBe(202)
      expect((await put(location, { digest: whole.digest, bytes: new Uint8Array() })).status).toBe(201)
      expect(await client.get(REPOSITORY, 'blobs', whole.digest)).toEqual(whole.bytes)
    })
  }

  test('whose body is longer than its length is taken as far as that, or not at all', async () => {
    const blob = blobOf('abc')
    const location = await begun()
    const head = `PUT ${location.pathname}?digest=${blob.digest} HTTP/1.1\r\nHost: ${berth.host}\r\nContent-Length: 3\r\n\r\n`
    const answer = await rawRequest(berth.host, `${head}abcdefgh\r\n\r\n`)
    expect(answer).toContain('HTTP/1.1 400')
    const kept = await client.get(REPOSITORY, 'blobs', blob.digest)
    expect(kept).toEqual(kept === 404 ? 404 : blob.bytes)
  })
})

/** Bytes received, once the server has seen that the connection is gone and lets go of the upload. */
async function settledLength(location: URL): Promise<number> {
  for (;;) {
    const probe = await patch(location, '', '99999999-99999999')
    await probe.arrayBuffer()
    if (probe.status === 416) break
    expect(probe.status).toBe(409)
  }
  return Number((await received(location))?.slice(2)) + 1
}

describe('a chunk', () => {
  test('that leaves a gap or overlaps is refused with where to go on', async () => {
    const location = await begun()
    expect((await patch(location, 'abcde', '0-4')).status).toBe(202)
    for (const range of ['6-8', '4-6', '0-2', '100-102']) {
      const response = await patch(location, 'xyz', range)
      expect(response.headers.get('Range')).toBe('0-4')
      expect(await errorOf(response)).toMatchObject({ status: 416, code: 'RANGE_INVALID', detail: { received: 5 } })
    }
    expect(await received(location)).toBe('0-4')
    const whole = blobOf('abcdefgh')
    expect(
      (await put(location, { digest: whole.digest, bytes: blobOf('fgh').bytes }, { 'Content-Range': '5-7' })).status,
    ).toBe(201)
    expect(await client.get(REPOSITORY, 'blobs', whole.digest)).toEqual(whole.bytes)
  })

  test('whose range is malformed or differs from its length is refused', async () => {
    const location = await begun()
    for (const range of ['a-b', '5', '3-1', '-4', '0-99999999999999999999']) {
      expect(await errorOf(await patch(location, 'abc', range))).toMatchObject({ status: 416, code: 'RANGE_INVALID' })
    }
    expect(await errorOf(await patch(location, 'abc', '0-9'))).toMatchObject({ status: 400, code: 'SIZE_INVALID' })
    const streamed = await patch(location, new Blob(['abc']).stream(), '0-9')
    expect(await errorOf(streamed)).toMatchObject({ status: 400, code: 'SIZE_INVALID' })
  })

  test('that comes while another is being written is refused, and the first one goes on', async () => {
    const location = await begun()
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    const slow = patch(location, readable)
    await writer.write(blobOf('first').bytes)
    const id = location.pathname.split('/').at(-1) as string
    while ((await sqlOn(berth.dataFolder, 'select claim from uploads where id = ?', [id]))[0]?.claim === null) {
      await Bun.sleep(5)
    }
    expect(await errorOf(await patch(location, 'second'))).toMatchObject({ status: 409, code: 'BLOB_UPLOAD_INVALID' })
    await writer.close()
    expect((await slow).status).toBe(202)
  })

  test('of an upload that is finished, cancelled, of another repository, or of nobody is refused', async () => {
    const [finished, cancelled, mine] = [await begun(), await begun(), await begun()]
    const blob = blobOf('finished')
    expect((await put(finished, blob)).status).toBe(201)
    expect((await fetch(cancelled, { method: 'DELETE' })).status).toBe(204)
    const elsewhere = new URL(mine.href.replace(REPOSITORY, 'some/body/else'))
    const nobody = new URL(mine.href.replace(/[^/]+$/, crypto.randomUUID()))
    for (const location of [finished, cancelled, elsewhere, nobody]) {
      for (const method of ['PATCH', 'GET', 'DELETE']) {
        const response = await fetch(location, { method, ...(method === 'PATCH' ? { body: 'x' } : {}) })
        expect(await errorOf(response)).toMatchObject({ status: 404, code: 'BLOB_UPLOAD_UNKNOWN' })
      }
      expect(await errorOf(await put(location, blob))).toMatchObject({ status: 404, code: 'BLOB_UPLOAD_UNKNOWN' })
    }
    expect(await received(mine)).toBe('0-0')
  })

  test('two clients that finish one upload at once: one does, the other is told', async () => {
    const blob = blobOf('x'.repeat(500_000))
    const location = await begun()
    const statuses = (await Promise.all([put(location, blob), put(location, blob)])).map(response => response.status)
    expect(statuses).toContain(201)
    expect([404, 409, 201]).toContain(statuses.find(status => status !== 201) ?? 201)
    expect(await client.get(REPOSITORY, 'blobs', blob.digest)).toEqual(blob.bytes)
  })
})

describe('a manifest', () => {
  const putText = (text: string | Uint8Array<ArrayBuffer>, type: string | undefined = IMAGE, reference = 'bad') =>
    fetch(`${berth.url}/v2/${REPOSITORY}/manifests/${reference}`, {
      method: 'PUT',
      body: text,
      headers: type === undefined ? {} : { 'Content-Type': type },
    })
  const document = (changes: object) =>
    JSON.stringify({ ...(JSON.parse(new TextDecoder().decode(good.bytes)) as object), ...changes })

  test('that is no manifest is refused with what is wrong', async () => {
    const cases: readonly (readonly [string, string | undefined, RegExp])[] = [
      ['', IMAGE, /not JSON/],
      ['{', IMAGE, /not JSON/],
      ['[]', IMAGE, /not a JSON object/],
      ['null', IMAGE, /not a JSON object/],
      ['{}', IMAGE, /schemaVersion/],
      [document({ config: undefined }), IMAGE, /config/],
      [document({ layers: {} }), IMAGE, /layers is not a list/],
      [document({ layers: [{}] }), IMAGE, /layers\[0\]\.mediaType/],
      [document({ layers: [{ mediaType: 'x', digest: config.digest, size: -1 }] }), IMAGE, /layers\[0\]\.size/],
      [document({ annotations: { a: 1 } }), IMAGE, /annotations/],
      [document({ manifests: [] }), IMAGE, /both "manifests" and/],
      [document({}), INDEX, /differs from the manifest's mediaType/],
      [document({ mediaType: INDEX }), INDEX, /needs a list "manifests"/],
      [document({ mediaType: 'application/json' }), 'application/json', /keeps no manifests of type/],
      [document({ subject: { mediaType: IMAGE, size: 3 } }), IMAGE, /subject\.digest/],
    ]
    for (const [text, type, message] of cases) {
      const refused = await errorOf(await putText(text, type))
      expect({ text, status: refused.status }).toEqual({ text, status: 400 })
      expect(['MANIFEST_INVALID', 'DIGEST_INVALID']).toContain(refused.code)
      expect(refused.message).toMatch(message)
    }
    expect((await putText(Uint8Array.of(0x7b, 0xff, 0x7d))).status).toBe(400)
  })

  test('of Docker schema 1 is refused with what to do', async () => {
    const type = 'application/vnd.docker.distribution.manifest.v1+prettyjws'
    for (const [text, contentType] of [
      ['{"schemaVersion":1}', undefined],
      [document({}), type],
    ] as const) {
      const refused = await errorOf(await putText(text, contentType))
      expect(refused).toMatchObject({ status: 400, code: 'UNSUPPORTED' })
      expect(refused.message).toContain('push schema 2')
    }
  })

  test('that names what is not there, or with another size, is refused with all that is missing', async () => {
    const [one, two] = [blobOf('absent one'), blobOf('absent two')]
    const refused = await errorOf(await putText(new Uint8Array(imageOf([config, one, two]).bytes)))
    expect(refused).toMatchObject({ status: 404, code: 'MANIFEST_BLOB_UNKNOWN' })
    expect(refused.detail).toMatchObject({ missing: [{ digest: one.digest }, { digest: two.digest }] })
    const index = indexOf([imageOf([one])])
    expect(await errorOf(await putText(new Uint8Array(index.bytes), INDEX))).toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
    })
    const wrongSize = document({ config: { mediaType: 'x', digest: config.digest, size: 3 } })
    expect((await errorOf(await putText(wrongSize))).message).toContain('gives')
    const elsewhere = blobOf('only elsewhere')
    expect(await client.pushBlob('bad/elsewhere', elsewhere)).toBe(201)
    expect(await errorOf(await putText(new Uint8Array(imageOf([elsewhere]).bytes)))).toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
    })
  })

  test('over the limit is refused by its length and while it is read', async () => {
    const padding = document({ annotations: { padding: 'x'.repeat(4 * 1024 * 1024) } })
    for (const body of [padding, new Blob([padding]).stream()]) {
      const response = await fetch(`${berth.url}/v2/${REPOSITORY}/manifests/bad`, {
        method: 'PUT',
        body,
        headers: { 'Content-Type': IMAGE },
      })
      const refused = await errorOf(response)
      expect(refused).toMatchObject({ status: 413, code: 'SIZE_INVALID', detail: { limitBytes: 4194304 } })
    }
    const full = document({ annotations: { padding: 'x'.repeat(4 * 1024 * 1024 - 1000) } })
    expect((await putText(full, IMAGE, blobOf(full).digest)).status).toBe(201)
  })

  test('under another digest than its own is refused, and tags only go with a digest', async () => {
    const refused = await errorOf(await putText(new Uint8Array(good.bytes), IMAGE, blobOf('other').digest))
    expect(refused).toMatchObject({ status: 400, code: 'DIGEST_INVALID' })
    expect((await putText(new Uint8Array(good.bytes), IMAGE, 'good?tag=bad')).status).toBe(400)
    const many = Array.from({ length: 101 }, (_, number) => `tag=t${number}`).join('&')
    expect((await putText(new Uint8Array(good.bytes), IMAGE, `${good.digest}?${many}`)).status).toBe(414)
    expect((await putText(new Uint8Array(good.bytes), IMAGE, `${good.digest}?tag=-bad`)).status).toBe(400)
  })
})

test('a name or a reference that is none is refused everywhere, and never reaches the disk', async () => {
  const names = [
    'UPPER',
    'a..b',
    'a/-b',
    'a//b',
    '.a',
    'a/',
    'é',
    'a b',
    'a%2Fb',
    '%2e%2e/%2e%2e/etc',
    'x'.repeat(256),
    'a___b',
  ]
  for (const name of names) {
    for (const path of ['tags/list', 'manifests/v1', `blobs/${config.digest}`, `referrers/${config.digest}`]) {
      const answer = await rawRequest(
        berth.host,
        `GET /v2/${encodeURI(name).replaceAll('%25', '%')}/${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      )
      expect({ name, path, status: statusOf(answer) }).toEqual({
        name,
        path,
        status: name === '%2e%2e/%2e%2e/etc' ? statusOf(answer) : 400,
      })
      expect([400, 404]).toContain(statusOf(answer))
    }
    expect([400, 404]).toContain(
      (await fetch(`${berth.url}/v2/${encodeURIComponent(name)}/blobs/uploads/`, { method: 'POST' })).status,
    )
  }
  for (const reference of ['-v1', '.v1', 'v'.repeat(129), 'sha256:zz', 'a%2Fb', 'é']) {
    expect([400, 404]).toContain((await fetch(`${berth.url}/v2/${REPOSITORY}/manifests/${reference}`)).status)
  }
  const traversal = await rawRequest(
    berth.host,
    'GET /v2/../../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  )
  expect(statusOf(traversal)).toBe(404)
  expect(await client.list('_catalog', 'repositories')).toEqual(['bad/elsewhere', REPOSITORY, 'next/works'])
})

test('a method or an endpoint that is none is refused in the shape of the specification', async () => {
  for (const [method, path] of [
    ['POST', '_catalog'],
    ['DELETE', `${REPOSITORY}/tags/list`],
    ['PATCH', `${REPOSITORY}/manifests/good`],
    ['PUT', `${REPOSITORY}/blobs/${config.digest}`],
    ['GET', `${REPOSITORY}/blobs/uploads/`],
    ['POST', `${REPOSITORY}/referrers/${config.digest}`],
  ] as const) {
    const response = await fetch(`${berth.url}/v2/${path}`, { method })
    expect(response.headers.get('Allow')).not.toBeNull()
    expect(await errorOf(response)).toMatchObject({ status: 405, code: 'UNSUPPORTED' })
  }
  for (const path of [
    '/',
    '/v1/',
    '/v2',
    '/v2/x',
    '/v2/a/b',
    '/v2/a/uploads/x',
    '/v3/a/manifests/b',
    '/v2/a/manifests',
  ]) {
    const response = await fetch(`${berth.url}${path}`)
    if (path === '/v2') expect(response.status).toBe(200)
    else expect(await errorOf(response)).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  }
  for (const n of ['-1', 'x', '1.5', '']) {
    const response = await fetch(`${berth.url}/v2/${REPOSITORY}/tags/list?n=${n}`)
    expect(await errorOf(response)).toMatchObject({ status: 400, code: 'PAGINATION_NUMBER_INVALID' })
  }
})

test('a single POST that is refused leaves no upload behind', async () => {
  const before = await uploadFiles()
  const wrong = `${berth.url}/v2/bad/post/blobs/uploads/?digest=${blobOf('other').digest}`
  for (const headers of [{}, { 'Content-Range': '5-9' }] as Record<string, string>[]) {
    const response = await fetch(wrong, { method: 'POST', body: 'wrong', headers })
    expect(response.status).toBeGreaterThanOrEqual(400)
  }
  expect(await uploadFiles()).toBe(before)
  expect(await sqlOn(berth.dataFolder, "select id from uploads where repository = 'bad/post'")).toEqual([])
})

test('what storage has lost or cut short is not sent, and is mended by pushing it again', async () => {
  const repository = 'bad/storage'
  const [lost, short] = ['lost'.repeat(100), 'short'.repeat(100)].map(blobOf) as [Bytes, Bytes]
  for (const blob of [lost, short]) expect(await client.pushBlob(repository, blob)).toBe(201)
  const store = await storeOf(berth.dataFolder)
  await store.damage(lost.digest, undefined)
  await store.damage(short.digest, short.bytes.slice(0, 100))
  for (const { digest } of [lost, short]) {
    for (const headers of [{}, { Range: 'bytes=200-299' }] as Record<string, string>[]) {
      const response = await fetch(`${berth.url}/v2/${repository}/blobs/${digest}`, { headers })
      const { status, code, message } = await errorOf(response)
      expect({ status, code, message }).toEqual({
        status: 500,
        code: 'UNKNOWN',
        message: expect.stringContaining('log'),
      })
      expect(await untilLogged(berth, response.headers.get('X-Request-Id') as string)).toBe(true)
    }
  }
  expect(await untilLogged(berth, 'run berth verify')).toBe(true)
  expect((await berthCommand(berth.dataFolder, ['verify'])).code).toBe(1)
  for (const blob of [lost, short]) {
    expect(await client.pushBlob(repository, blob)).toBe(201)
    expect(await client.get(repository, 'blobs', blob.digest)).toEqual(blob.bytes)
  }
})
