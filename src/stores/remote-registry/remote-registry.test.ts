import { afterAll, beforeEach, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { Digest } from '../../oci/index.ts'
import { createOutbound } from '../../platform/outbound/index.ts'
import { Secret } from '../../platform/secrets/index.ts'
import { parseArtifactAddress, remoteArtifact } from './index.ts'

interface Asked {
  readonly path: string
  readonly authorization: string | null
}

/** A server that remembers who asked it for what. */
function serve(answer: (request: Request) => Response) {
  const asked: Asked[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      asked.push({ path: new URL(request.url).pathname, authorization: request.headers.get('Authorization') })
      return answer(request)
    },
  })
  return { asked, server, origin: `http://127.0.0.1:${server.port}` }
}

const bytes = new TextEncoder().encode('what was asked for')
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest
const BASIC = `Basic ${btoa('ada:correct horse')}`

let isOpen = true
const storage = serve(() => {
  if (isOpen) return new Response(bytes)
  const challenge = `Bearer realm="https://127.0.0.1:${storage.server.port}/token"`
  return new Response(null, { status: 401, headers: { 'WWW-Authenticate': challenge } })
})
const registry = serve(request => {
  const who = request.headers.get('Authorization')
  if (new URL(request.url).pathname === '/token') return Response.json({ token: 'the-token' })
  if (who === 'Bearer the-token')
    return new Response(null, { status: 307, headers: { Location: `${storage.origin}/bytes` } })
  const challenge = `Bearer realm="${registry.origin}/token",service="it",scope="repository:a/b:pull"`
  return new Response(null, { status: 401, headers: { 'WWW-Authenticate': challenge } })
})
beforeEach(() => {
  isOpen = true
  storage.asked.length = 0
  registry.asked.length = 0
})
afterAll(() => Promise.all([registry.server.stop(true), storage.server.stop(true)]))

const open = () =>
  remoteArtifact(createOutbound({ allowedPrivate: ['127.0.0.0/8'] }), {
    address: parseArtifactAddress(`oci+http://127.0.0.1:${registry.server.port}/a/b:c`),
    credentials: { username: 'ada', password: new Secret('correct horse') },
    signal: new AbortController().signal,
  })

test('the password is shown for a token only, the token to the registry only, and neither where it redirects to', async () => {
  const blob = await open().blob({ digest, size: bytes.length })
  expect(await Array.fromAsync(blob)).toEqual([bytes])
  const shown = registry.asked.map(({ path, authorization }) => [path, authorization])
  const blobPath = `/v2/a/b/blobs/${digest}`
  expect(shown.slice(0, 3)).toEqual([
    [blobPath, null],
    ['/token', BASIC],
    [blobPath, 'Bearer the-token'],
  ])
  expect(registry.asked.filter(({ authorization }) => authorization === BASIC)).toHaveLength(1)
  expect(storage.asked).toEqual([{ path: '/bytes', authorization: null }])
})

test('a server that a registry redirects to cannot ask for the password', async () => {
  const artifact = open()
  // Now the registry knows who asks, and redirects at once.
  await Array.fromAsync(await artifact.blob({ digest, size: bytes.length }))
  isOpen = false
  await expect(artifact.blob({ digest, size: bytes.length })).rejects.toThrow('answered 401')
})

test('a blob that is shorter, longer or another than it should be ends in an error', async () => {
  const read = async (size: number, name: Digest) => Array.fromAsync(await open().blob({ digest: name, size }))
  await expect(read(bytes.length + 1, digest)).rejects.toThrow('sent other bytes')
  await expect(read(bytes.length - 1, digest)).rejects.toThrow('cannot be read')
  await expect(read(bytes.length, `sha256:${'0'.repeat(64)}` as Digest)).rejects.toThrow('sent other bytes')
})
