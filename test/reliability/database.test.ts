import { afterAll, beforeAll, expect } from 'bun:test'
import postgres from 'postgres'
import { errorOf } from '../support/raw-request.ts'
import { blobOf, imageOf, registryClient } from '../support/registry-client.ts'
import type { Berth } from '../support/start-berth.ts'
import { describeWithTools } from '../tools/find-tools.ts'
import { scenario } from './scenario.ts'
import { NEEDS, startWorld, until, type World } from './world.ts'

const MAX_CONNECTIONS = 30

describeWithTools('reliability', 'PostgreSQL', NEEDS, () => {
  let world: World
  let replicas: readonly Berth[]
  beforeAll(async () => {
    world = await startWorld({ maxConnections: MAX_CONNECTIONS })
    replicas = [await world.replica(), await world.replica()]
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const [config, layer] = [blobOf('{"database":true}'), blobOf('layer')]
  const isReady = async (replica: Berth) => (await fetch(`${replica.url}/readyz`)).ok
  const allReady = () => until(async () => (await Promise.all(replicas.map(isReady))).every(Boolean))

  /** Pushes images through every replica while something happens; then all that was acknowledged must be there. */
  const pushThrough = async (repository: string, disturb: () => Promise<void>) => {
    const acknowledged = new Map<string, ReturnType<typeof imageOf>>()
    const counts = { refused: 0, unexpected: [] as unknown[] }
    let going = true
    const push = async (replica: Berth, number: number) => {
      const client = registryClient(replica.url)
      for (let round = 0; going; round++) {
        const tag = `r${number}-${round}`
        const image = imageOf([config, layer], { note: tag })
        const statuses: number[] = []
        for (const blob of [config, layer]) statuses.push(await client.pushBlob(repository, blob).catch(() => 0))
        statuses.push(await client.putManifest(repository, tag, image).catch(() => 0))
        if (statuses.at(-1) === 201) acknowledged.set(tag, image)
        counts.refused += statuses.filter(status => status !== 201).length
        // 404: the blobs were refused before.
        counts.unexpected.push(...statuses.filter(status => ![0, 201, 404, 500, 503].includes(status)))
      }
    }
    const pushing = replicas.flatMap((replica, index) => [push(replica, index), push(replica, index + 10)])
    await until(async () => acknowledged.size > 0)
    await disturb()
    await world.database.mend()
    await allReady()
    const before = acknowledged.size
    await until(async () => acknowledged.size > before)
    going = false
    await Promise.all(pushing)
    expect(counts.unexpected).toEqual([])
    const client = registryClient((replicas[1] as Berth).url)
    for (const [tag, image] of acknowledged) expect(await client.get(repository, 'manifests', tag)).toEqual(image.bytes)
    console.log(`${acknowledged.size} pushes acknowledged, ${counts.refused} requests refused or cut off`)
    await world.expectWhole()
  }

  scenario('PostgreSQL restarts while images are pushed', () =>
    pushThrough('database/restart', () => world.postgres.restart()),
  )

  scenario('PostgreSQL is down for seconds, then comes back', () =>
    pushThrough('database/down', async () => {
      await world.postgres.stop()
      for (const replica of replicas) {
        await until(async () => !(await isReady(replica)))
        const response = await fetch(`${replica.url}/v2/database/down/tags/list`)
        expect(response.headers.get('Retry-After')).not.toBeNull()
        expect(await errorOf(response)).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
        expect((await fetch(`${replica.url}/livez`)).status).toBe(200)
      }
      await world.postgres.start()
    }),
  )

  scenario('PostgreSQL is cut off from the replicas', () =>
    pushThrough('database/cut', async () => {
      await world.database.cut()
      for (const replica of replicas) await until(async () => !(await isReady(replica)))
    }),
  )

  scenario('PostgreSQL hears everything and its answers are lost', () =>
    pushThrough('database/mute', async () => {
      await world.database.add({ type: 'reset_peer', attributes: { timeout: 30 } })
      await Bun.sleep(1500)
    }),
  )

  scenario('PostgreSQL is 300 ms away', () =>
    pushThrough('database/slow', async () => {
      await world.database.add({ type: 'latency', attributes: { latency: 300, jitter: 100 } })
      await Bun.sleep(4000)
    }),
  )

  scenario('PostgreSQL has no connection left', () =>
    pushThrough('database/full', async () => {
      await world.postgres.restart()
      // Whoever comes first has them; the replicas get what is left, or nothing.
      const url = new URL(world.settings.BERTH_DATABASE as string)
      const taken = postgres({
        host: url.hostname,
        port: Number(url.port),
        username: url.username,
        database: url.pathname.slice(1),
        max: MAX_CONNECTIONS - 3,
        onnotice: () => undefined,
      })
      const holding = Array.from({ length: MAX_CONNECTIONS - 3 }, () =>
        taken`select pg_sleep(2)`.catch(() => undefined),
      )
      await Promise.all(holding)
      await taken.end({ timeout: 1 })
    }),
  )

  scenario('a replica that starts while PostgreSQL is down says so, and starts when it is there', async () => {
    await world.database.cut()
    const { code, stderr } = await world.command(['serve'], { BERTH_LISTEN: '127.0.0.1:0' })
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('PostgreSQL cannot be used now') })
    await world.database.mend()
    await using replica = await world.replica()
    expect(await isReady(replica)).toBe(true)
    await allReady()
    await world.expectWhole()
  })
})
