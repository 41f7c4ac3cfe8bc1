import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'
import {
  type CertificateSource,
  certificateIdentity,
  certificateSignOn,
  chainProblem,
  namesOf,
  readAuthorities,
  readForwardedCertificate,
  SignOnRefused,
} from '../../src/features/identity/external/index.ts'
import { type Authority, createAuthority } from '../support/certificates.ts'

const CLIENT = ['basicConstraints=CA:FALSE', 'extendedKeyUsage=clientAuth']
const HOUR = 3_600_000

let root: Authority
let middle: Authority
beforeAll(async () => {
  root = await createAuthority('/O=Acme/CN=Root')
  middle = await root.delegate('/O=Acme/CN=Below')
})
afterAll(() => root[Symbol.asyncDispose]())

const read = async (file: string) => new X509Certificate(await Bun.file(file).text())
const issue = async (by: Authority, subject: string, ...extensions: string[]) =>
  read((await by.issue(subject, [...CLIENT, ...extensions])).certificate)

describe('a chain', () => {
  const problem = async (leaf: X509Certificate, intermediates: X509Certificate[] = [], now = Date.now() + HOUR) =>
    chainProblem(leaf, { authorities: readAuthorities(await root.pem()), intermediates, now })

  test('leads to an authority that is trusted, directly or over others', async () => {
    expect(await problem(await issue(root, '/CN=a'))).toBeUndefined()
    const below = await issue(middle, '/CN=b')
    expect(await problem(below, [await read(middle.file)])).toBeUndefined()
    expect(await problem(below)).toContain('no authority')
  })

  test('does not lead over a certificate that is no authority, though it signed', async () => {
    const pair = await root.issue('/CN=Just a client', ['basicConstraints=CA:FALSE'])
    const leaf = await issue(root.actingAs(pair), '/CN=a')
    const client = await read(pair.certificate)
    expect([leaf.checkIssued(client), leaf.verify(client.publicKey)]).toEqual([true, true])
    expect(await problem(leaf, [client])).toContain('no authority')
  })

  test('does not lead to an authority that only has the name', async () => {
    await using impostor = await createAuthority('/O=Acme/CN=Root')
    // Without the key's identifier, so that nothing but the signature tells the two apart.
    const leaf = await issue(impostor, '/CN=a', 'authorityKeyIdentifier=none')
    expect(leaf.checkIssued(await read(root.file))).toBe(true)
    expect(await problem(leaf, [await read(impostor.file)])).toContain('no authority')
  })

  test('ends with its times, and those of every certificate in it', async () => {
    const chain = [await read(middle.file)]
    const brief = await issue(root, '/CN=brief')
    expect(await problem(brief, [], Date.now() - 48 * HOUR)).toContain('not valid now')
    expect(await problem(brief, [], Date.now() + 72 * HOUR)).toContain('not valid now')
    const long = await read((await middle.issue('/CN=long', CLIENT, { days: 60 })).certificate)
    expect(await problem(long, chain)).toBeUndefined()
    expect(await problem(long, chain, Date.now() + 72 * HOUR)).toContain('not valid now')
    const direct = await read((await root.issue('/CN=long', CLIENT, { days: 60 })).certificate)
    expect(await problem(direct, [], Date.now() + 72 * HOUR)).toBeUndefined()
    expect(await problem(direct, [], Date.now() + 31 * 24 * HOUR)).toContain('not valid now')
  })

  test('is for clients: a server’s certificate, an authority’s and one for anything are not', async () => {
    const servers = await read((await root.issue('/CN=s', ['extendedKeyUsage=serverAuth'])).certificate)
    const anything = await read((await root.issue('/CN=s', ['basicConstraints=CA:FALSE'])).certificate)
    const authority = await read(
      (await root.issue('/CN=s', ['basicConstraints=critical,CA:TRUE', 'extendedKeyUsage=clientAuth'])).certificate,
    )
    expect(await problem(servers)).toContain('not for the authentication of clients')
    expect(await problem(anything)).toContain('not for the authentication of clients')
    expect(await problem(authority)).toContain('authority')
  })

  test('of authorities that vouch for themselves ends, however often they are sent', async () => {
    await using other = await createAuthority('/CN=Circle')
    const certificates = await Promise.all(Array.from({ length: 10 }, () => read(other.file)))
    expect(await problem(await issue(other, '/CN=a'), certificates)).toContain('no authority')
  })
})

describe('a certificate that a proxy forwards', () => {
  const wire = (certificate: X509Certificate) => `:${certificate.raw.toString('base64')}:`

  test('is read as RFC 9440 has it, with its chain in one header or several', async () => {
    const leaf = await issue(middle, '/CN=a')
    const [below, top] = [await read(middle.file), await read(root.file)]
    const headers = new Headers({ 'Client-Cert': wire(leaf) })
    expect(readForwardedCertificate(headers, { form: 'rfc9440' })?.leaf.fingerprint256).toBe(leaf.fingerprint256)
    headers.append('Client-Cert-Chain', `${wire(below)}, ${wire(top)}`)
    headers.append('Client-Cert-Chain', wire(below))
    const forwarded = readForwardedCertificate(headers, { form: 'rfc9440' })
    expect(forwarded?.intermediates.map(one => one.fingerprint256)).toEqual(
      [below, top, below].map(one => one.fingerprint256),
    )
  })

  test('is read as nginx writes it', async () => {
    const leaf = await issue(root, '/CN=a')
    const form = { form: 'escaped-pem', header: 'X-SSL-Client-Cert' } as const
    const headers = new Headers({ 'X-SSL-Client-Cert': encodeURIComponent(leaf.toString()) })
    expect(readForwardedCertificate(headers, form)?.leaf.fingerprint256).toBe(leaf.fingerprint256)
    expect(readForwardedCertificate(new Headers({ 'X-SSL-Client-Cert': '' }), form)).toBeUndefined()
    const two = new Headers({ 'X-SSL-Client-Cert': encodeURIComponent(`${leaf}\n${leaf}`) })
    expect(() => readForwardedCertificate(two, form)).toThrow(SignOnRefused)
    expect(() => readForwardedCertificate(new Headers({ 'X-SSL-Client-Cert': '%E0%A4%A' }), form)).toThrow(
      SignOnRefused,
    )
  })

  test('is refused when it is not well-formed, and absent when it is absent', async () => {
    const good = wire(await issue(root, '/CN=a'))
    expect(readForwardedCertificate(new Headers(), { form: 'rfc9440' })).toBeUndefined()
    const inner = good.slice(1, -1)
    for (const value of [
      '',
      '::',
      'x',
      inner,
      `:${inner}`,
      `${good};a=1`,
      `${good}, ${good}`,
      ':AAAA:',
      `"${inner}"`,
    ]) {
      const headers = new Headers({ 'Client-Cert': value })
      expect(() => readForwardedCertificate(headers, { form: 'rfc9440' })).toThrow(SignOnRefused)
    }
    const long = new Headers({ 'Client-Cert': good, 'Client-Cert-Chain': Array(11).fill(good).join(', ') })
    expect(() => readForwardedCertificate(long, { form: 'rfc9440' })).toThrow('too long')
  })
})

describe('who a certificate is for', () => {
  const source: CertificateSource = {
    name: 'certificates',
    unitsAreGroups: true,
    rules: [
      { from: 'uri', pattern: 'spiffe://acme/ci/*', groups: ['pipelines'] },
      { from: 'email', pattern: '*@acme.test', groups: [] },
      { from: 'commonName', pattern: 'robot-*', groups: [] },
    ],
  }
  const identity = async (subject: string, ...extensions: string[]) => {
    const names = namesOf(await issue(root, subject, ...extensions))
    return names && certificateIdentity(names, source)
  }

  test('is told by the first rule that one of its names matches', async () => {
    expect(await identity('/CN=x', 'subjectAltName=URI:spiffe://acme/ci/build,email:a@acme.test')).toEqual({
      source: 'certificates',
      subject: 'uri:spiffe://acme/ci/build',
      name: 'spiffe://acme/ci/build',
      groups: ['pipelines'],
    })
    expect(await identity('/OU=builders+OU=eng/CN=robot-7', 'subjectAltName=email:a@acme.test')).toEqual({
      source: 'certificates',
      subject: 'email:a@acme.test',
      name: 'a@acme.test',
      email: 'a@acme.test',
      groups: ['builders', 'eng'],
    })
    expect(await identity('/CN=robot-7')).toMatchObject({ subject: 'commonName:robot-7' })
    expect(await identity('/CN=somebody')).toBeUndefined()
  })

  test('is nobody when a rule speaks of two of its names', async () => {
    expect(await identity('/CN=x', 'subjectAltName=email:a@acme.test,email:b@acme.test')).toBeUndefined()
    expect(await identity('/CN=robot-1/CN=robot-2')).toBeUndefined()
  })

  test('cannot be said inside another name', async () => {
    const inside = 'subjectAltName=@names\n[names]\nDNS.1=x\\, email:admin@acme.test'
    expect(await identity('/CN=x', inside)).toBeUndefined()
    expect(await identity('/O=x, CN=robot-1/CN=somebody')).toBeUndefined()
    expect(await identity('/CN=robot-1\nOU=admins')).toBeUndefined()
  })
})

describe('a request with a certificate', () => {
  const ask = async (leaf: X509Certificate, fromTrustedProxy: boolean) =>
    certificateSignOn(
      {
        headers: new Headers({ 'Client-Cert': `:${leaf.raw.toString('base64')}:` }),
        fromTrustedProxy,
        now: Date.now() + HOUR,
      },
      {
        source: {
          name: 'certificates',
          unitsAreGroups: false,
          rules: [{ from: 'commonName', pattern: 'robot-*', groups: [] }],
        },
        form: { form: 'rfc9440' },
        authorities: readAuthorities(await root.pem()),
      },
    )

  test('is somebody’s when a trusted proxy forwards it, and nobody’s when another does', async () => {
    const leaf = await issue(root, '/CN=robot-7')
    expect(await ask(leaf, true)).toMatchObject({ source: 'certificates', subject: 'commonName:robot-7' })
    expect(await ask(leaf, false)).toBeUndefined()
  })

  test('is refused when nobody vouches for the certificate, or no rule speaks of it', async () => {
    await using other = await createAuthority()
    await expect(ask(await issue(other, '/CN=robot-7'), true)).rejects.toThrow('no authority')
    await expect(ask(await issue(root, '/CN=somebody'), true)).rejects.toThrow('No rule')
  })
})
