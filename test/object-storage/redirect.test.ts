import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { ObjectServer } from '../support/object-server.ts'
import { blobOf, registryClient } from '../support/registry-client.ts'
import { startAzurite } from '../support/start-azurite.ts'
import { startBerth } from '../support/start-berth.ts'
import { startVersitygw } from '../support/start-versitygw.ts'
import { describeWithTools, needTool } from '../tools/find-tools.ts'

const blob = blobOf('r'.repeat(100_000))
/** What of an address lets its bearer in, and only for this object and this while. */
const STORAGES = [
  { name: 'S3', tool: 'versitygw', start: startVersitygw, signed: 'X-Amz-Signature' },
  { name: 'Azure Blob Storage', tool: 'azurite-blob', start: startAzurite, signed: 'sig' },
] as const

for (const { name, tool, start, signed } of STORAGES) {
  describeWithTools('storage', `downloads from ${name}`, [needTool(tool)], () => {
    let server: ObjectServer
    beforeAll(async () => {
      server = await start()
    })
    afterAll(() => server[Symbol.asyncDispose]())

    const serve = async (networks: string) =>
      startBerth({
        env: {
          ...server.credentials,
          BERTH_BLOBS: await server.createBucket(),
          BERTH_BLOBS_REDIRECT: networks,
          BERTH_HTTP_TRUSTED_PROXIES: '127.0.0.1',
        },
      })
    const path = `/v2/redirect/me/blobs/${blob.digest}`

    test('go by the storage for clients of the networks that are named, whole and in part', async () => {
      await using berth = await serve('127.0.0.0/8,10.0.0.0/8')
      expect(await registryClient(berth.url).pushBlob('redirect/me', blob)).toBe(201)
      const sent = await fetch(`${berth.url}${path}`, { redirect: 'manual' })
      expect(sent.status).toBe(307)
      expect(sent.headers.get('Docker-Content-Digest')).toBe(blob.digest)
      expect(sent.headers.get('Cache-Control')).toContain('no-store')
      const location = new URL(sent.headers.get('Location') ?? '')
      expect(location.origin).toBe(server.endpoint)
      expect(location.searchParams.has(signed)).toBe(true)
      expect(await (await fetch(location)).bytes()).toEqual(blob.bytes)
      const part = await fetch(`${berth.url}${path}`, { headers: { Range: 'bytes=5-9' } })
      expect(part.status).toBe(206)
      expect(await part.text()).toBe('rrrrr')
      // Without its signature, and for another object, the address is of no use.
      location.searchParams.delete(signed)
      expect((await fetch(location)).ok).toBe(false)
      expect((await fetch(`${berth.url}${path}`, { method: 'HEAD', redirect: 'manual' })).status).toBe(200)
    })

    test('are sent by Berth to everybody else, by the address that the proxy saw', async () => {
      await using berth = await serve('10.0.0.0/8')
      expect(await registryClient(berth.url).pushBlob('redirect/me', blob)).toBe(201)
      const ask = async (forwarded: string) =>
        (await fetch(`${berth.url}${path}`, { redirect: 'manual', headers: { 'X-Forwarded-For': forwarded } })).status
      expect(await ask('10.1.2.3')).toBe(307)
      expect(await ask('192.0.2.1')).toBe(200)
      expect((await fetch(`${berth.url}${path}`, { redirect: 'manual' })).status).toBe(200)
    })

    test('are of no blob that the repository does not have', async () => {
      await using berth = await serve('0.0.0.0/0')
      expect(await registryClient(berth.url).pushBlob('redirect/other', blob)).toBe(201)
      expect((await fetch(`${berth.url}${path}`, { redirect: 'manual' })).status).toBe(404)
    })
  })
}
