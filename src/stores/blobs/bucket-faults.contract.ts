import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { type FaultyStore, startFaultyStore } from '../../../test/support/faulty-store.ts'
import type { ObjectServer } from '../../../test/support/object-server.ts'
import { Unavailable } from '../../platform/outcome/index.ts'
import type { Bucket } from './objects/index.ts'
import { steadyRead } from './objects/steady-read.ts'
import { openBucket } from './open.ts'

const MIB = 2 ** 20
const TIMEOUT_MS = 1000

/** What every vendor's bucket promises when its store, or the way there, is not as it should be. */
export function bucketFaultsContract(name: string, start: () => Promise<ObjectServer>): void {
  describe(`${name}, disturbed:`, () => {
    let server: ObjectServer
    let faulty: FaultyStore
    let bucket: Bucket
    beforeAll(async () => {
      server = await start()
      Object.assign(process.env, server.credentials)
      faulty = await startFaultyStore(server)
    })
    afterAll(async () => {
      await faulty[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    })
    const open = async (endpoint: string) => {
      const address = `${await server.createBucket(endpoint)}&timeoutSeconds=${TIMEOUT_MS / 1000}`
      return (await openBucket(address)).bucket
    }
    beforeEach(async () => {
      faulty.clear()
      bucket = await open(faulty.endpoint)
    })

    test('a store that is busy is asked again, until it answers', async () => {
      const statuses = [429, 500, 502, 503, 504]
      let asked = 0
      faulty.set({
        answer: () => {
          // Two of three requests, so that each is made three times at most.
          if (++asked % 3 === 0) return undefined
          return new Response(null, { status: statuses[asked % 5] as number })
        },
      })
      const [key, bytes] = ['objects/busy', random(1000)]
      await bucket.put(key, bytes)
      expect(await bucket.size(key)).toBe(bytes.length)
      expect(await whole((await bucket.get(key))?.stream)).toEqual(bytes)
      expect(await Array.fromAsync(bucket.list(key), listed => listed.key)).toEqual([key])
      const target = { key: 'objects/parts', undertaking: await bucket.beginParts('objects/parts') }
      await bucket.completeParts(target, [await bucket.putPart(target, 1, bytes)])
      expect(await bucket.size(target.key)).toBe(bytes.length)
      await bucket.remove(key)
      expect(await bucket.size(key)).toBeUndefined()
    })

    test('a store that stays broken is unavailable, and so is one that nobody reaches', async () => {
      faulty.set({ answer: () => new Response(null, { status: 503 }) })
      await expectUnavailable(bucket)
      await expectUnavailable(await open('http://127.0.0.1:1'))
    })

    test('a store that hangs is unavailable after five tries, whatever it is asked', async () => {
      faulty.set({ before: () => new Promise(() => undefined) })
      const from = performance.now()
      await expectUnavailable(bucket)
      expect(performance.now() - from).toBeLessThan(5 * TIMEOUT_MS + 8000)
    })

    test('a refusal is given as it is, at once', async () => {
      let asked = 0
      faulty.set({
        answer: () => {
          asked += 1
          return new Response(null, { status: 403 })
        },
      })
      const refused = await bucket.put('objects/refused', random(10)).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(Error)
      expect(refused).not.toBeInstanceOf(Unavailable)
      expect(asked).toBe(1)
    })

    test('a body that is cut off is read whole all the same', async () => {
      const bytes = random(3 * MIB)
      await bucket.put('objects/cut', bytes)
      faulty.set({ cut: ({ name, count }) => (name === 'GetObject' && count <= 2 ? 0.4 : undefined) })
      const found = await bucket.get('objects/cut')
      if (!found) throw new Error('It is not there.')
      const read = await whole(steadyRead(bucket, 'objects/cut', { from: 0, to: bytes.length - 1 }, found))
      expect(digestOf(read)).toBe(digestOf(bytes))
    })

    test('who reads slowly makes the store wait, and who stops ends its sending', async () => {
      await using counting = await startCountingProxy(server.port)
      const near = await open(counting.endpoint)
      const bytes = random(8 * MIB)
      const target = { key: 'objects/large', undertaking: await near.beginParts('objects/large') }
      const names = []
      for (let number = 1; number <= 8; number += 1) names.push(await near.putPart(target, number, bytes))
      await near.completeParts(target, names)
      const before = counting.sentBytes()
      const reader = (await near.get(target.key))?.stream.getReader()
      await reader?.read()
      await Bun.sleep(300)
      expect(counting.sentBytes() - before).toBeLessThan(24 * MIB)
      await reader?.cancel()
      await Bun.sleep(300)
      expect(counting.sentBytes() - before).toBeLessThan(32 * MIB)
    })

    test('who stops reading does not disturb the other readers', async () => {
      const bytes = random(8 * MIB)
      const target = { key: 'objects/two', undertaking: await bucket.beginParts('objects/two') }
      await bucket.completeParts(target, [
        await bucket.putPart(target, 1, bytes),
        await bucket.putPart(target, 2, bytes),
      ])
      const [one, other] = [await bucket.get(target.key), await bucket.get(target.key)]
      const reader = one?.stream.getReader()
      const hash = createHash('sha256')
      let pieces = 0
      for await (const piece of other?.stream ?? []) {
        if (++pieces === 2) await reader?.read().then(() => reader.cancel())
        if (pieces < 20) await Bun.sleep(5)
        hash.update(piece)
      }
      expect(`${hash.digest('hex')}`).toBe(digestOf(Buffer.concat([bytes, bytes])))
    })
  })
}

async function expectUnavailable(bucket: Bucket): Promise<void> {
  const asked = [
    bucket.put('objects/x', random(10)),
    bucket.get('objects/x'),
    bucket.size('objects/x'),
    bucket.remove('objects/x'),
    Array.fromAsync(bucket.list('objects/')),
    bucket.putPart({ key: 'objects/x', undertaking: 'x' }, 1, random(10)),
    bucket.completeParts({ key: 'objects/x', undertaking: 'x' }, ['x']),
  ]
  const outcomes = await Promise.all(asked.map(one => one.then(() => 'done', nameOf)))
  expect(outcomes).toEqual(asked.map(() => 'Unavailable'))
}

function nameOf(error: unknown): string {
  return error instanceof Unavailable ? 'Unavailable' : String(error)
}

async function whole(stream: ReadableStream<Uint8Array> | undefined): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream ?? null).arrayBuffer())
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function random(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let from = 0; from < length; from += 65_536) crypto.getRandomValues(bytes.subarray(from, from + 65_536))
  return bytes
}

/** Passes bytes on as fast as they are taken, and counts what the server sent. */
async function startCountingProxy(upstream: number) {
  let sentBytes = 0
  const open = new Set<Socket>()
  const proxy = createServer(client => {
    const store = connect(upstream, '127.0.0.1')
    for (const [socket, other] of [
      [client, store],
      [store, client],
    ] as const) {
      open.add(socket)
      socket.on('error', () => other.destroy()).on('close', () => other.destroy())
    }
    client.pipe(store)
    store.on('data', bytes => {
      sentBytes += bytes.length
    })
    store.pipe(client)
  })
  const listening = Promise.withResolvers<void>()
  proxy.listen(0, '127.0.0.1', listening.resolve)
  await listening.promise
  const address = proxy.address()
  return {
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    sentBytes: () => sentBytes,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      proxy.close()
    },
  }
}
