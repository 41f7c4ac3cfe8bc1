import { expect, test } from 'bun:test'
import { errorOf } from '../support/raw-request.ts'
import { blobOf, registryClient } from '../support/registry-client.ts'
import { untilLogged } from '../support/sign-in.ts'
import { startBerth } from '../support/start-berth.ts'

interface Line {
  readonly msg: string
  readonly requestId?: string
  readonly path?: string
  readonly client?: string
  readonly status?: number
}

function linesOf(log: string): readonly Line[] {
  return log
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Line)
}

test('probes answer, and metrics count requests by endpoint and never by path', async () => {
  await using berth = await startBerth()
  const client = registryClient(berth.url)
  const blob = blobOf('counted')
  expect(await client.pushBlob('count/me', blob)).toBe(201)
  await client.get('count/me', 'blobs', blob.digest)
  await client.get('count/me', 'manifests', 'none')
  expect(await (await fetch(`${berth.url}/livez`)).text()).toBe('ok\n')
  expect((await fetch(`${berth.url}/readyz`)).status).toBe(200)
  const metrics = await (await fetch(`${berth.url}/metrics`)).text()
  expect(metrics).toContain('berth_http_requests_total{route="blob",method="GET",status="200"} 1')
  expect(metrics).toContain('berth_http_requests_total{route="manifest",method="GET",status="404"} 1')
  expect(metrics).toContain('berth_http_requests_total{route="upload",method="PUT",status="201"} 1')
  expect(metrics).toContain('berth_http_request_duration_seconds_count{route="blob"} 1')
  expect(metrics).toContain('process_resident_memory_bytes')
  expect(metrics).not.toContain('count/me')
})

test('an error carries the id under which the log has the request', async () => {
  await using berth = await startBerth()
  const client = registryClient(berth.url)
  const response = await fetch(client.locate(await client.begin('log/me')), { method: 'PUT' })
  const id = response.headers.get('X-Request-Id')
  expect(await errorOf(response)).toMatchObject({ status: 400 })
  expect(await untilLogged(berth, `"requestId":"${id}"`)).toBe(true)
  expect(linesOf(berth.log())).toContainEqual(expect.objectContaining({ msg: 'request', requestId: id, status: 400 }))
})

test('log.requests says which requests are logged', async () => {
  const pathsLogged = async (requests: string, last?: string) => {
    await using berth = await startBerth({ env: { BERTH_LOG_REQUESTS: requests } })
    const client = registryClient(berth.url)
    await client.begin('some/name')
    await fetch(`${berth.url}/v2/`)
    if (last) expect(await untilLogged(berth, `"path":"${last}"`)).toBe(true)
    return linesOf(berth.log()).flatMap(line => line.path ?? [])
  }
  expect(await pathsLogged('changes', '/v2/some/name/blobs/uploads/')).toEqual(['/v2/some/name/blobs/uploads/'])
  expect(await pathsLogged('all', '/v2/')).toEqual(['/v2/some/name/blobs/uploads/', '/v2/'])
  expect(await pathsLogged('none')).toEqual([])
})

test('X-Forwarded-For is believed of trusted proxies only, and read from its end', async () => {
  const clientSeen = async (trusted: string, header: string) => {
    await using berth = await startBerth({ env: { BERTH_LOG_REQUESTS: 'all', BERTH_HTTP_TRUSTED_PROXIES: trusted } })
    await fetch(`${berth.url}/v2/`, { headers: { 'X-Forwarded-For': header } })
    expect(await untilLogged(berth, '"path":"/v2/"')).toBe(true)
    return linesOf(berth.log()).find(line => line.path === '/v2/')?.client
  }
  expect(await clientSeen('', '203.0.113.9')).toBe('127.0.0.1')
  expect(await clientSeen('10.0.0.0/8', '203.0.113.9')).toBe('127.0.0.1')
  expect(await clientSeen('127.0.0.0/8', '203.0.113.9')).toBe('203.0.113.9')
  expect(await clientSeen('127.0.0.1,10.0.0.0/8', '198.51.100.7, 203.0.113.9, 10.1.2.3')).toBe('203.0.113.9')
  expect(await clientSeen('127.0.0.1', 'nonsense')).toBe('127.0.0.1')
})

test('bytes taken in and garbage collected are counted, over all processes', async () => {
  await using berth = await startBerth({
    env: {
      BERTH_PROCESSES: '2',
      BERTH_GC_INTERVAL_SECONDS: '0.05',
      BERTH_GC_GRACE_SECONDS: '0',
      BERTH_GC_REMOVAL_DELAY_SECONDS: '0',
    },
  })
  const blob = blobOf('counted'.repeat(100))
  expect(await registryClient(berth.url).pushBlob('counted/here', blob)).toBe(201)
  const figure = async (name: string) => {
    const text = await (await fetch(`${berth.url}/metrics`)).text()
    return Number(
      text
        .split('\n')
        .find(line => line.startsWith(`${name} `))
        ?.split(' ')[1],
    )
  }
  while ((await figure('berth_gc_removed_objects_total')) < 1) await Bun.sleep(50)
  expect(await figure('berth_gc_freed_bytes_total')).toBe(blob.bytes.length)
  expect(await figure('berth_upload_received_bytes_total')).toBe(blob.bytes.length)
  const runs = 'berth_jobs_total{job="garbage-collection",outcome="completed"}'
  while (!((await figure(runs)) >= 1)) await Bun.sleep(50)
})
