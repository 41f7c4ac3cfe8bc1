import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'
import { type Authority, createAuthority, type KeyPair } from '../support/certificates.ts'
import { auditOf, until } from '../support/sign-in.ts'
import { asAdmin, type Configured, startConfigured } from './configured.ts'

const CLIENT = ['basicConstraints=CA:FALSE', 'extendedKeyUsage=clientAuth']

describe('certificates that clients showed to a proxy', () => {
  let authority: Authority
  let strange: Authority
  let running: Configured
  const settings = (trustedProxies: readonly string[], header: unknown = 'Client-Cert') => ({
    http: { trustedProxies },
    identity: {
      certificates: {
        caFile: authority.file,
        header,
        identities: [{ from: 'uri', pattern: 'spiffe://acme/build/*', groups: ['builders'] }],
        groups: [{ from: 'builders' }],
      },
    },
  })
  beforeAll(async () => {
    authority = await createAuthority()
    strange = await createAuthority()
    running = await startConfigured(() => settings(['127.0.0.1']))
    await running.project('yard', { '@builders': 'developer' })
  })
  afterAll(async () => {
    await running[Symbol.asyncDispose]()
    await authority[Symbol.asyncDispose]()
    await strange[Symbol.asyncDispose]()
  })

  const shown = async ({ certificate }: KeyPair) => {
    const { raw } = new X509Certificate(await Bun.file(certificate).text())
    return { 'Client-Cert': `:${raw.toString('base64')}:` }
  }
  const machine = (name: string, by = authority) =>
    by.issue('/CN=machine', [...CLIENT, `subjectAltName=URI:spiffe://acme/build/${name}`])
  const begin = async (headers: Record<string, string>) =>
    running.told(running.ask('POST', 'yard/app/blobs/uploads/', { headers }))

  test('sign in whom the rules name, and give the role of a group', async () => {
    const headers = await shown(await machine('one'))
    expect((await running.ask('GET', '', { headers })).status).toBe(200)
    expect((await begin(headers)).status).toBe(202)
    const recorded = async () =>
      (await auditOf(running.berth)).filter(
        ({ type, actor }) => type === 'authentication.success' && actor.name === 'spiffe://acme/build/one',
      ).length
    expect(await until(async () => (await recorded()) === 1)).toBe(true)
  })

  test('get registry tokens that do what the certificate may', async () => {
    const headers = await shown(await machine('two'))
    const answer = await fetch(`${running.berth.url}/token?scope=repository:yard/app:pull,push`, { headers })
    const { token, scope } = (await answer.json()) as Record<string, string>
    expect(scope).toBe('repository:yard/app:pull,push')
    expect((await begin({ Authorization: `Bearer ${token}` })).status).toBe(202)
  })

  test('are refused with the reason: of a strange authority, for nobody, or no certificate at all', async () => {
    const impostor = await begin(await shown(await machine('one', strange)))
    expect([impostor.status, impostor.message]).toEqual([
      401,
      'The client’s certificate is not believed: no authority that is trusted here vouches for it.',
    ])
    const other = await authority.issue('/CN=machine', [...CLIENT, 'subjectAltName=URI:spiffe://acme/other'])
    expect((await begin(await shown(other))).message).toContain('No rule says for certain')
    expect((await begin({ 'Client-Cert': 'not a certificate' })).status).toBe(401)
    expect((await begin({ 'Client-Cert': ':bm90aGluZw==:' })).status).toBe(401)
    const denied = async () =>
      (await auditOf(running.berth)).some(
        ({ type, reason }) => type === 'authentication.failed' && reason?.includes('no authority that is trusted'),
      )
    expect(await until(denied)).toBe(true)
  })

  test('somebody who says who they are is that one, whatever certificate their proxy has', async () => {
    const headers = { ...(await shown(await machine('one', strange))), ...asAdmin }
    expect((await running.ask('GET', '', { headers })).status).toBe(200)
  })

  test('a header that does not come from a trusted proxy says nothing', async () => {
    await using open = await startConfigured(() => settings(['192.0.2.1']))
    const headers = await shown(await machine('one'))
    expect((await open.ask('GET', '', { headers })).status).toBe(401)
    const forwarded = { ...headers, 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Host': 'registry.example' }
    expect((await open.ask('GET', '', { headers: forwarded })).status).toBe(401)
    expect((await open.ask('GET', '', { headers: { 'Client-Cert': 'anything', ...asAdmin } })).status).toBe(200)
  })

  test('nginx’s header is another one, and then RFC 9440’s says nothing', async () => {
    await using nginx = await startConfigured(() => settings(['127.0.0.1'], { escapedPem: 'X-SSL-Client-Cert' }))
    const pair = await machine('three')
    const escaped = { 'X-SSL-Client-Cert': encodeURIComponent(await Bun.file(pair.certificate).text()) }
    expect((await nginx.ask('GET', '', { headers: escaped })).status).toBe(200)
    expect((await nginx.ask('GET', '', { headers: await shown(pair) })).status).toBe(401)
  })
})
