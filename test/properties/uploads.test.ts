import { afterAll, beforeAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import { blobOf, type RegistryClient, registryClient } from '../support/registry-client.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'

let berth: Berth
let client: RegistryClient
beforeAll(async () => {
  berth = await startBerth({ env: { BERTH_LOG_REQUESTS: 'none' } })
  client = registryClient(berth.url)
})
afterAll(() => berth[Symbol.asyncDispose]())

const step = fc.record({
  /** Where the chunk is said to begin, relative to where it should. */
  shift: fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, { arbitrary: fc.integer({ min: -3, max: 3 }), weight: 1 }),
  length: fc.integer({ min: 1, max: 400 }),
  saysRange: fc.boolean(),
  streams: fc.boolean(),
})

interface Step {
  readonly shift: number
  readonly length: number
  readonly saysRange: boolean
  readonly streams: boolean
}

/** Sends the next bytes the way the step says, and gives how many the server has then. */
async function sendChunk(location: URL, bytes: Uint8Array<ArrayBuffer>, have: number, step: Step): Promise<number> {
  const chunk = bytes.slice(have, have + step.length)
  if (chunk.length === 0) return have
  const from = Math.max(0, have + (step.saysRange ? step.shift : 0))
  const response = await fetch(location, {
    method: 'PATCH',
    body: step.streams ? new Blob([chunk]).stream() : chunk,
    headers: step.saysRange ? { 'Content-Range': `${from}-${from + chunk.length - 1}` } : {},
  })
  expect(response.status).toBe(from === have ? 202 : 416)
  const now = response.status === 202 ? have + chunk.length : have
  expect(response.headers.get('Range')).toBe(`0-${Math.max(0, now - 1)}`)
  return now
}

test('whatever the chunks and their order, what is in place is taken, what is not is refused, and the blob is right', async () => {
  const content = fc.uint8Array({ minLength: 1, maxLength: 900 })
  await fc.assert(
    fc.asyncProperty(content, fc.array(step, { maxLength: 8 }), fc.boolean(), async (bytes, steps, viaPut) => {
      const blob = blobOf(bytes)
      const location = client.locate(await client.begin('upload/orders'))
      let have = 0
      for (const each of steps) have = await sendChunk(location, blob.bytes, have, each)
      const status = await fetch(location)
      expect([status.status, status.headers.get('Range')]).toEqual([204, `0-${Math.max(0, have - 1)}`])
      const rest = blob.bytes.slice(have)
      if (!viaPut)
        await sendChunk(location, blob.bytes, have, { shift: 0, length: 900, saysRange: true, streams: false })
      location.searchParams.set('digest', blob.digest)
      expect((await fetch(location, { method: 'PUT', body: viaPut ? rest : new Uint8Array() })).status).toBe(201)
      expect(await client.get('upload/orders', 'blobs', blob.digest)).toEqual(blob.bytes)
    }),
    { numRuns: 60 },
  )
}, 60_000)

test('any range of any blob is what slicing gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), fc.nat(600), fc.nat(600), async (content, one, two) => {
      const blob = blobOf(content)
      await client.pushBlob('upload/ranges', blob)
      const [from, to] = one <= two ? [one, two] : [two, one]
      const response = await fetch(`${berth.url}/v2/upload/ranges/blobs/${blob.digest}`, {
        headers: { Range: `bytes=${from}-${to}` },
      })
      const body = new Uint8Array(await response.arrayBuffer())
      if (from >= blob.bytes.length) {
        expect([response.status, response.headers.get('Content-Range')]).toEqual([416, `bytes */${blob.bytes.length}`])
        return
      }
      expect(response.status).toBe(206)
      expect(body).toEqual(blob.bytes.slice(from, to + 1))
    }),
    { numRuns: 60 },
  )
}, 60_000)
