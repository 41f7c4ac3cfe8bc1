import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { basic, registryToken } from '../support/identities.ts'
import { blobOf, imageOf } from '../support/registry-client.ts'
import { ADMIN, auditOf, until } from '../support/sign-in.ts'
import { freePort } from '../support/start-berth.ts'
import { asAdmin, type Configured, runClient, smallImage, startConfigured } from './configured.ts'

const config = blobOf('{}')
const image = imageOf([config])

/** Whoever pushes at the given address, with whatever a registry token or a password gives. */
const from = (address: string, headers: Record<string, string> = asAdmin) => ({
  headers: { ...headers, 'X-Forwarded-For': address },
})

async function pushImage({ ask }: Configured, repository: string, address: string): Promise<number> {
  const { headers } = from(address)
  const blob = { headers, body: config.bytes }
  const { status } = await ask('POST', `${repository}/blobs/uploads/?digest=${config.digest}`, blob)
  if (status !== 201) return status
  const manifest = { headers: { ...headers, 'Content-Type': image.mediaType }, body: image.bytes }
  return (await ask('PUT', `${repository}/manifests/v1`, manifest)).status
}

describe('rules about networks', () => {
  let running: Configured
  beforeAll(async () => {
    running = await startConfigured({
      http: { trustedProxies: ['127.0.0.1'] },
      network: {
        pull: { deny: ['198.51.100.0/24'] },
        push: { allow: ['10.20.0.0/16', '2001:db8:20::/48'] },
        administration: { allow: ['127.0.0.1', '10.1.0.0/24'], deny: ['10.1.0.66'] },
      },
    })
    await running.project('docks')
    await running.project('open', {}, 'public')
    expect(await pushImage(running, 'docks/app', '10.20.0.1')).toBe(201)
    expect(await pushImage(running, 'open/app', '2001:db8:20::1')).toBe(201)
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const pull = (address: string) => running.told(running.ask('GET', 'docks/app/manifests/v1', from(address)))
  const push = (address: string, headers?: Record<string, string>) =>
    running.told(running.ask('POST', 'docks/app/blobs/uploads/', from(address, headers)))

  test('say from where may be pushed and pulled, and tell the level and the range', async () => {
    expect((await push('10.20.255.1')).status).toBe(202)
    expect((await push('::ffff:10.20.0.9')).status).toBe(202)
    expect(await push('10.21.0.1')).toEqual({
      status: 403,
      message: '10.21.0.1 is in none of the networks from which the registry takes pushes.',
    })
    expect((await pull('10.21.0.1')).status).toBe(200)
    expect(await pull('198.51.100.7')).toEqual({
      status: 403,
      message: '198.51.100.7 is in 198.51.100.0/24, from which the registry takes no pulls.',
    })
    const anonymous = await running.ask('GET', 'open/app/manifests/v1', from('198.51.100.7', {}))
    expect(anonymous.status).toBe(403)
    const deleted = await running.told(running.ask('DELETE', 'docks/app/manifests/v1', from('10.21.0.1')))
    expect(deleted.message).toContain('takes pushes')
  })

  test('an address that no trusted proxy told is not believed', async () => {
    // The nearest address that is no trusted proxy counts, whatever stands before it.
    expect((await push('10.20.0.1, 10.99.0.1')).status).toBe(403)
    await using direct = await startConfigured({ network: { push: { allow: ['10.20.0.0/16'] } } })
    const claimed = await direct.told(direct.ask('POST', 'docks/app/blobs/uploads/', from('10.20.0.1')))
    expect(claimed.message).toStartWith('127.0.0.1 is in none')
  })

  test('keep nobody from asking how to sign in, and from getting a token that does what may be done there', async () => {
    const { url } = running.berth
    expect((await running.ask('GET', '', from('198.51.100.7', {}))).status).toBe(401)
    expect((await running.ask('GET', '', from('198.51.100.7'))).status).toBe(200)
    const scope = 'repository:docks/app:pull,push'
    const grant = await fetch(`${url}/token?scope=${scope}`, from('10.21.0.1'))
    expect(((await grant.json()) as { scope: string }).scope).toBe('repository:docks/app:pull')
    const nothing = await fetch(`${url}/token?scope=${scope}`, from('198.51.100.7'))
    expect([nothing.status, ((await nothing.json()) as { scope: string }).scope]).toEqual([200, ''])
  })

  test('count where a token is used, not where it was got', async () => {
    const { headers } = from('10.20.0.1')
    const token = await registryToken(running.berth.url, headers, 'repository:docks/app:pull,push')
    const bearer = { Authorization: `Bearer ${token}` }
    expect((await push('10.20.0.2', bearer)).status).toBe(202)
    expect((await push('10.21.0.1', bearer)).message).toContain('none of the networks')
    // And one that was got where nothing may be done says why, too: not only that it is the wrong token.
    const weak = await registryToken(running.berth.url, from('10.21.0.1').headers, 'repository:docks/app:pull,push')
    const refused = await push('10.21.0.1', { Authorization: `Bearer ${weak}` })
    expect([refused.status, refused.message]).toEqual([
      403,
      '10.21.0.1 is in none of the networks from which the registry takes pushes.',
    ])
  })

  test('who pushes reads too: clients ask by HEAD what is there, and that is a pull', async () => {
    await using split = await startConfigured({
      http: { trustedProxies: ['127.0.0.1'] },
      network: { pull: { allow: ['10.1.0.0/16'] }, push: { allow: ['10.20.0.0/16'] } },
    })
    await split.project('docks')
    expect(await pushImage(split, 'docks/app', '10.20.0.1')).toBe(201)
    const head = (address: string) => split.ask('HEAD', `docks/app/blobs/${config.digest}`, from(address))
    expect((await head('10.20.0.1')).status).toBe(403)
    expect((await head('10.1.0.1')).status).toBe(200)
  })

  test('a project narrows what the registry allows and widens nothing', async () => {
    await running.project('inner')
    const network = { push: { allow: ['10.20.5.0/24', '10.99.0.0/16'] }, pull: { deny: ['10.20.6.0/24'] } }
    expect((await running.admin('PATCH', '/projects/inner/policy', { network })).status).toBe(200)
    const begin = (address: string) => running.told(running.ask('POST', 'inner/app/blobs/uploads/', from(address)))
    const narrowed = async () => (await begin('10.20.1.1')).status === 403
    expect(await until(narrowed)).toBe(true)
    expect((await begin('10.20.5.1')).status).toBe(202)
    expect((await begin('10.20.1.1')).message).toBe(
      '10.20.1.1 is in none of the networks from which project inner takes pushes.',
    )
    expect((await begin('10.99.0.1')).message).toContain('the registry takes pushes')
    const list = await running.told(running.ask('GET', 'inner/app/tags/list', from('10.20.6.1')))
    expect(list.message).toContain('from which project inner takes no pulls')
    // Not even to whoever would mount from there.
    const mount = `docks/app/blobs/uploads/?mount=${config.digest}&from=inner/app`
    expect((await running.ask('POST', mount, from('10.20.6.1'))).status).toBe(202)
  })

  test('administration has rules of its own', async () => {
    const ask = (address: string, path = '/projects/docks/members') =>
      fetch(`${running.berth.url}/api/v1${path}`, from(address))
    expect((await ask('10.1.0.1')).status).toBe(200)
    for (const address of ['10.1.0.66', '10.20.0.1']) {
      const refused = await ask(address)
      expect(refused.status).toBe(403)
      expect(((await refused.json()) as { detail: string }).detail).toContain('administration')
    }
    const metrics = await fetch(`${running.berth.url}/metrics`, from('10.20.0.1'))
    expect(metrics.status).toBe(403)
  })

  test('what they refused is in the audit log, with the address', async () => {
    await push('10.77.0.1')
    const found = async () =>
      (await auditOf(running.berth)).some(
        entry => entry.type === 'access.denied' && entry.reason?.startsWith('10.77.0.1 is in none') === true,
      )
    expect(await until(found)).toBe(true)
  })
})

describe('a listener that serves pulls only', () => {
  let running: Configured
  let outer: string
  beforeAll(async () => {
    const [outside, inside] = [freePort(), freePort()]
    outer = `127.0.0.1:${outside}`
    running = await startConfigured(
      { listen: [{ address: outer, serves: ['pull'] }, { address: `127.0.0.1:${inside}` }] },
      { listensAt: inside },
    )
    await running.project('docks')
    expect(await pushImage(running, 'docks/app', '127.0.0.1')).toBe(201)
  })
  afterAll(() => running[Symbol.asyncDispose]())

  test('refuses a push with the reason, and the other takes it', async () => {
    const layout = await smallImage(`${running.folder}/layout`)
    const home = running.folder
    for (const host of [outer, running.berth.host])
      await runClient(home, 'crane auth login -u', [ADMIN.name, '-p', ADMIN.password, host])
    const refused = await runClient(home, 'crane --insecure push --index', [layout, `${outer}/docks/app:2`])
    expect(refused.code).not.toBe(0)
    expect(refused.output).toContain(`The listener ${outer} serves no pushes.`)
    const taken = await runClient(home, 'crane --insecure push --index', [layout, `${running.berth.host}/docks/app:2`])
    expect(taken).toMatchObject({ code: 0 })
    expect(await runClient(home, 'crane --insecure ls', [`${outer}/docks/app`])).toMatchObject({ code: 0 })
  })

  test('refuses administration, and signs people in', async () => {
    const users = await fetch(`http://${outer}/api/v1/users`, { headers: asAdmin })
    expect([users.status, ((await users.json()) as { detail: string }).detail]).toEqual([
      403,
      `The listener ${outer} serves no administration.`,
    ])
    expect((await fetch(`http://${outer}/v2/`, { headers: asAdmin })).status).toBe(200)
    expect((await fetch(`http://${outer}/token`, { headers: basic('admin', 'wrong') })).status).toBe(401)
    expect((await fetch(`http://${outer}/readyz`)).status).toBe(200)
  })
})
