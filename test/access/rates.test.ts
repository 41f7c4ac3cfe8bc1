import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { basic } from '../support/identities.ts'
import { blobOf, imageOf } from '../support/registry-client.ts'
import { userOf } from '../support/sign-in.ts'
import { replicaCount } from '../support/start-berth.ts'
import { asAdmin, type Configured, runClient, startConfigured } from './configured.ts'

const config = blobOf('{}')
const image = imageOf([config])
const MANIFEST = 'open/app/manifests/v1'

async function withImage(running: Configured): Promise<Configured> {
  await running.project('open', {}, 'public')
  const blob = { headers: asAdmin, body: config.bytes }
  await running.ask('POST', `open/app/blobs/uploads/?digest=${config.digest}`, blob)
  const manifest = { headers: { ...asAdmin, 'Content-Type': image.mediaType }, body: image.bytes }
  expect((await running.ask('PUT', MANIFEST, manifest)).status).toBe(201)
  return running
}

describe('limits of requests', () => {
  let running: Configured
  let ada: Record<string, string>
  beforeAll(async () => {
    running = await withImage(
      await startConfigured({
        http: { trustedProxies: ['127.0.0.1'] },
        rates: {
          anonymousPulls: { count: 3, windowSeconds: 3600 },
          identityPulls: { count: 5, windowSeconds: 600 },
          pushes: { count: 4, windowSeconds: 3600 },
        },
      }),
    )
    const { name, password } = await userOf(running.admin, 'ada')
    ada = basic(name, password)
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const ask = (method: string, address: string, headers: Record<string, string> = {}, path = MANIFEST) =>
    running.ask(method, path, { headers: { ...headers, 'X-Forwarded-For': address } })
  const left = ({ headers }: Response) => headers.get('ratelimit-remaining')

  test('an anonymous pull has the headers that clients of Docker Hub read, and HEAD costs nothing', async () => {
    const address = '203.0.113.1'
    const before = await ask('HEAD', address)
    expect([before.status, left(before)]).toEqual([200, '3;w=3600'])
    const first = await ask('GET', address)
    expect([first.status, left(first), first.headers.get('ratelimit-limit')]).toEqual([200, '2;w=3600', '3;w=3600'])
    expect(first.headers.get('docker-ratelimit-source')).toBe(address)
    for (let times = 0; times < 5; times += 1) expect(left(await ask('HEAD', address))).toBe('2;w=3600')
    expect((await ask('GET', address, {}, `open/app/blobs/${config.digest}`)).status).toBe(200)
    expect(left(await ask('HEAD', address))).toBe('2;w=3600')
  })

  test('whoever met the limit is told which, and when to come again', async () => {
    const address = '203.0.113.2'
    for (let times = 0; times < 3; times += 1) expect((await ask('GET', address)).status).toBe(200)
    const refused = await ask('GET', address)
    const after = Number(refused.headers.get('Retry-After'))
    expect([refused.status, left(refused)]).toEqual([429, '0;w=3600'])
    expect(after).toBeGreaterThan(3000)
    expect(after).toBeLessThanOrEqual(3600)
    const { message } = await running.told(refused)
    expect(message).toContain(
      `The limit of 3 pulls without signing in in 1 hour was reached for ${address} (anonymousPulls)`,
    )
    expect(message).toContain('Whoever signs in is counted apart.')
    // Still free, and it says what is left.
    const head = await ask('HEAD', address)
    expect([head.status, left(head)]).toEqual([200, '0;w=3600'])
    expect((await ask('GET', '203.0.113.3')).status).toBe(200)
  })

  test('a caller can ask what is left, which costs nothing', async () => {
    const { name, password } = await userOf(running.admin, 'bea')
    const bea = basic(name, password)
    const headers = { ...bea, 'X-Forwarded-For': '203.0.113.7' }
    const limits = async () => {
      const answer = await fetch(`${running.berth.url}/api/v1/limits`, { headers })
      return ((await answer.json()) as { items: object[] }).items
    }
    const identityPulls = { name: 'identityPulls', source: 'bea', limit: 5, windowSeconds: 600 }
    const pushes = { name: 'pushes', source: 'bea', limit: 4, windowSeconds: 3600, remaining: 4 }
    expect(await limits()).toMatchObject([{ ...identityPulls, remaining: 5, resetsAfterSeconds: 0 }, pushes])
    expect((await ask('GET', '203.0.113.7', bea)).status).toBe(200)
    expect(await limits()).toMatchObject([{ ...identityPulls, remaining: 4 }, pushes])
    expect(await limits()).toMatchObject([{ ...identityPulls, remaining: 4 }, pushes])
  })

  test('who is signed in is counted apart, wherever they are', async () => {
    for (const address of ['203.0.113.2', '203.0.113.4', '203.0.113.5', '203.0.113.6', '203.0.113.7'])
      expect((await ask('GET', address, ada)).status).toBe(200)
    const refused = await running.told(ask('GET', '203.0.113.8', ada))
    expect(refused.status).toBe(429)
    expect(refused.message).toContain('5 pulls by one identity in 10 minutes was reached for ada (identityPulls)')
    expect((await ask('GET', '203.0.113.8', asAdmin)).status).toBe(200)
  })

  test('by a registry token it is the same one', async () => {
    const { url } = running.berth
    const answer = await fetch(`${url}/token?scope=repository:open/app:pull`, { headers: ada })
    const { token } = (await answer.json()) as { token: string }
    expect((await ask('GET', '203.0.113.9', { Authorization: `Bearer ${token}` })).status).toBe(429)
    // An anonymous token counts by the address.
    const anonymous = (await (await fetch(`${url}/token?scope=repository:open/app:pull`)).json()) as { token: string }
    const pulled = await ask('GET', '203.0.113.9', { Authorization: `Bearer ${anonymous.token}` })
    expect([pulled.status, left(pulled)]).toEqual([200, '2;w=3600'])
  })

  test('the first 64 bits of an IPv6 address are one', async () => {
    for (const host of ['1', '2', 'ffff:ffff:ffff:ffff'])
      expect((await ask('GET', `2001:db8:0:7:${host.includes(':') ? host : `:${host}`}`)).status).toBe(200)
    expect((await ask('GET', '2001:db8:0:7::9')).status).toBe(429)
    expect((await ask('GET', '2001:db8:0:8::9')).status).toBe(200)
  })

  test('a push is counted by its manifest, and refused with the reason', async () => {
    const bob = await userOf(running.admin, 'bob')
    const subject = { kind: 'user', name: 'bob' }
    await running.admin('POST', '/projects/open/members', { subject, role: 'developer' })
    const headers = { ...basic(bob.name, bob.password), 'Content-Type': image.mediaType }
    const put = () => running.ask('PUT', MANIFEST, { headers, body: image.bytes })
    for (let times = 0; times < 4; times += 1) expect((await put()).status).toBe(201)
    const refused = await put()
    expect(refused.headers.get('Retry-After')).not.toBeNull()
    expect((await running.told(refused)).message).toContain('4 pushes in 1 hour was reached for bob (pushes)')
  })

  test('crane shows it', async () => {
    // Its own address is that of the proxy that is trusted, and says nothing else.
    const pull = () => runClient(running.folder, 'crane --insecure manifest', [`${running.berth.host}/open/app:v1`])
    for (let times = 0; times < 3; times += 1) expect(await pull()).toMatchObject({ code: 0 })
    const { code, output } = await pull()
    expect(code).not.toBe(0)
    expect(output).toContain('TOOMANYREQUESTS: The limit of 3 pulls without signing in in 1 hour was reached')
  })
})

describe.skipIf(replicaCount > 1)('limits that two processes share', () => {
  test('give out no more than there is', async () => {
    await using running = await withImage(
      await startConfigured(
        { rates: { anonymousPulls: { count: 40, windowSeconds: 3600 } } },
        { env: { BERTH_PROCESSES: '2' } },
      ),
    )
    // A connection for each, so that both processes have some.
    const pull = async () => (await running.ask('GET', MANIFEST, { headers: { Connection: 'close' } })).status
    const statuses: number[] = []
    for (let round = 0; round < 10; round += 1)
      statuses.push(...(await Promise.all(Array.from({ length: 12 }, () => pull()))))
    const served = statuses.filter(status => status === 200).length
    expect(statuses.filter(status => status === 429).length).toBe(statuses.length - served)
    expect(served).toBeLessThanOrEqual(40)
    expect(served).toBeGreaterThan(20)
  })
})
