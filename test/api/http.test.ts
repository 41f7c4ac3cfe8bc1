import { afterAll, beforeAll, expect, test } from 'bun:test'
import { rawRequest, statusOf } from '../support/raw-request.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'

const REPOSITORY = 'api/http'
const blob = blobOf('0123456789')

let berth: Berth
beforeAll(async () => {
  berth = await startBerth()
  const client = registryClient(berth.url)
  await client.pushBlob(REPOSITORY, blob)
  await client.putManifest(REPOSITORY, 'v1', imageOf([blob]))
})
afterAll(() => berth[Symbol.asyncDispose]())

test('HEAD is answered wherever GET is, without a body', async () => {
  for (const path of ['', '_catalog', `${REPOSITORY}/tags/list`, `${REPOSITORY}/referrers/${blob.digest}`]) {
    const [get, head] = await Promise.all(['GET', 'HEAD'].map(method => fetch(`${berth.url}/v2/${path}`, { method })))
    expect({ path, status: head?.status, type: head?.headers.get('Content-Type') }).toEqual({
      path,
      status: 200,
      type: get?.headers.get('Content-Type') as string,
    })
    expect(await head?.text()).toBe('')
  }
})

test('probes are read and nothing else', async () => {
  for (const path of ['/livez', '/readyz', '/metrics']) {
    expect((await fetch(berth.url + path, { method: 'HEAD' })).status).toBe(200)
    const refused = await fetch(berth.url + path, { method: 'POST' })
    expect([refused.status, refused.headers.get('Allow')]).toEqual([405, 'GET, HEAD'])
  }
})

test('HTTP/1.0 without Host, as simple health checks send it, is understood', async () => {
  for (const path of ['/readyz', '/v2/', `/v2/${REPOSITORY}/manifests/v1`]) {
    expect([path, statusOf(await rawRequest(berth.host, `GET ${path} HTTP/1.0\r\n\r\n`))]).toEqual([path, 200])
  }
})

test('the unit of a range may be written in capitals, and what lies outside is refused in the protocol’s shape', async () => {
  const get = (Range: string) => fetch(`${berth.url}/v2/${REPOSITORY}/blobs/${blob.digest}`, { headers: { Range } })
  const part = await get('Bytes=2-4')
  expect([part.status, await part.text()]).toEqual([206, '234'])
  const outside = await get('BYTES=99-')
  expect([outside.status, await outside.json()]).toMatchObject([416, { errors: [{ code: 'RANGE_INVALID' }] }])
})

test('any number of entries may be asked for', async () => {
  const response = await fetch(`${berth.url}/v2/_catalog?n=99999999999999999999`)
  expect([response.status, await response.json()]).toEqual([200, { repositories: [REPOSITORY] }])
})

test('a mount from what is no repository is an upload', async () => {
  for (const from of ['', 'BAD', '..%2Fx']) {
    const path = `${berth.url}/v2/other/place/blobs/uploads/?mount=${blob.digest}&from=${from}`
    expect([from, (await fetch(path, { method: 'POST' })).status]).toEqual([from, 202])
  }
})
