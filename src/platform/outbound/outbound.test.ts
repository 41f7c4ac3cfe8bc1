import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createServer, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { type Certificate, makeCertificate } from '../../../test/support/make-certificate.ts'
import { createOutbound, isAllowedPrivateEntry, OutboundFailed, OutboundRefused } from './index.ts'

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

let seen: Seen[] = []
let plain: Bun.Server<undefined>
let other: Bun.Server<undefined>
let secure: Bun.Server<undefined>
let certificate: Certificate
let produced = 0
const endless = () =>
  new ReadableStream<Uint8Array>({
    async pull(controller) {
      produced += 1
      controller.enqueue(new Uint8Array(65_536))
      await Bun.sleep(0)
    },
  })

/** /to?URL redirects there; all else is said back. */
async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url)
  const headers = Object.fromEntries(request.headers)
  seen.push({ method: request.method, url: url.pathname, headers, body: await request.text() })
  if (url.pathname.startsWith('/to')) {
    const status = Number(url.pathname.slice(3) || 302)
    return new Response(null, { status, headers: { Location: decodeURIComponent(url.search.slice(1)) } })
  }
  if (url.pathname === '/endless') return new Response(endless())
  if (url.pathname === '/silent') return new Promise(() => undefined)
  if (url.pathname === '/stalls')
    return new Response(new ReadableStream({ start: at => at.enqueue(new Uint8Array(9)) }))
  return new Response('hello', {
    headers: [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ],
  })
}

const serve = (tls?: Certificate) =>
  Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer, idleTimeout: 255, ...(tls ? { tls } : {}) })

beforeAll(async () => {
  certificate = await makeCertificate('registry.test', 'IP:127.0.0.1')
  plain = serve()
  other = serve()
  secure = serve(certificate)
})
afterAll(() => Promise.all([plain, other, secure].map(server => server.stop(true))))

const LOOPBACK = ['127.0.0.0/8']
const open = createOutbound({ allowedPrivate: LOOPBACK })
const at = (server: Bun.Server<undefined>, path = '/') => `http://127.0.0.1:${server.port}${path}`
const failureOf = (asking: Promise<unknown>) =>
  asking.then(
    () => undefined,
    error => error as Error,
  )
const resolving = (addresses: readonly string[], allowedPrivate: readonly string[] = []) =>
  createOutbound({ allowedPrivate, resolve: async () => addresses })

describe('where Berth may go:', () => {
  const closed = createOutbound({ allowedPrivate: [] })

  test('a private address is refused by default, by name and setting, and nothing reaches it', async () => {
    seen = []
    const failure = await failureOf(closed.fetch(at(plain, '/secret?token=x')))
    expect(failure).toBeInstanceOf(OutboundRefused)
    expect(failure?.message).toContain('127.0.0.1 is not an address of the public Internet (loopback)')
    expect(failure?.message).toContain('outbound.allowedPrivate')
    expect(failure?.message).not.toContain('token')
    expect(seen).toEqual([])
  })

  test('and is reached when a range allows it', async () => {
    const response = await open.fetch(at(plain))
    expect([response.status, await response.text()]).toEqual([200, 'hello'])
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  test('however an address is written, it is the same address', async () => {
    const port = plain.port
    const written = [
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '127.1',
      '0x7f000001',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '127。0。0。1',
    ]
    for (const host of written) {
      const failure = await failureOf(closed.fetch(`http://${host}:${port}/`))
      expect({ host, is: failure?.name }).toEqual({ host, is: 'OutboundRefused' })
      const connecting = await failureOf(closed.connect({ host: host.replace(/[[\]]/g, ''), port: Number(port) }))
      expect({ host, is: connecting?.name }).toEqual({ host, is: 'OutboundRefused' })
    }
    expect(await (await open.fetch(`http://2130706433:${port}/`)).text()).toBe('hello')
  })

  test('what the system resolves is checked too', async () => {
    const failure = await failureOf(closed.fetch(`http://localhost:${plain.port}/`))
    expect(failure).toBeInstanceOf(OutboundRefused)
    expect(failure?.message).toContain('localhost is at ')
  })

  test('a name with one address that is not allowed is refused as a whole', async () => {
    for (const addresses of [
      ['1.1.1.1', '10.0.0.1'],
      ['2606:4700::1111', '::1'],
      ['1.1.1.1', '64:ff9b::a00:1'],
      ['1.1.1.1', 'nonsense'],
    ]) {
      expect(await failureOf(resolving(addresses).fetch('http://registry.test/'))).toBeInstanceOf(OutboundRefused)
    }
  })

  test('a name that is allowed may be private, other names at the same address not', async () => {
    const outbound = resolving(['127.0.0.1'], ['Registry.Test.'])
    expect((await outbound.fetch(`http://registry.test:${plain.port}/`)).status).toBe(200)
    expect(await failureOf(outbound.fetch(`http://evil.test:${plain.port}/`))).toBeInstanceOf(OutboundRefused)
  })

  test('a name that is allowed is not led to the metadata service; only a range allows that', async () => {
    for (const address of [
      '169.254.169.254',
      'fd00:ec2::254',
      '::ffff:169.254.169.254',
      '0.0.0.0',
      '100.100.100.200',
    ]) {
      const failure = await failureOf(resolving([address], ['registry.test']).fetch('http://registry.test/'))
      expect({ address, is: failure?.name }).toEqual({ address, is: 'OutboundRefused' })
      expect(failure?.message).toContain('has a range that holds it')
    }
  })

  test('the look-up is made once and the connection goes where it pointed', async () => {
    let asked = 0
    // A name that is public when it is checked and private a moment later.
    const rebinding = createOutbound({
      allowedPrivate: LOOPBACK,
      resolve: async () => (++asked === 1 ? ['127.0.0.1'] : ['127.0.0.2']),
    })
    expect(await (await rebinding.fetch(`http://rebinds.invalid:${plain.port}/`)).text()).toBe('hello')
    expect(asked).toBe(1)
    expect(seen.at(-1)?.headers.host).toBe(`rebinds.invalid:${plain.port}`)
  })

  test('when the first address does not answer, the next is tried', async () => {
    const outbound = resolving(['127.0.0.9', '127.0.0.1'], LOOPBACK)
    expect((await outbound.fetch(`http://registry.test:${plain.port}/`)).status).toBe(200)
  })

  test('proxies of the environment do not lead elsewhere', async () => {
    const before = { ...process.env }
    Object.assign(process.env, { HTTP_PROXY: at(other), http_proxy: at(other) })
    try {
      seen = []
      await (await open.fetch(at(plain, '/direct'))).text()
      expect(seen.map(({ url, headers }) => [url, headers.host])).toEqual([['/direct', `127.0.0.1:${plain.port}`]])
    } finally {
      for (const name of ['HTTP_PROXY', 'http_proxy']) {
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
      }
    }
  })

  test('only http and https are spoken, and no URL carries a password', async () => {
    const urls = [
      'file:///etc/passwd',
      'ftp://1.1.1.1/',
      'data:text/plain,x',
      `http://me:secret@127.0.0.1:${plain.port}/`,
      'nonsense',
    ]
    for (const url of urls) {
      const failure = await failureOf(open.fetch(url))
      expect({ url, is: failure?.name }).toEqual({ url, is: 'OutboundRefused' })
      expect(failure?.message).not.toContain('secret')
    }
    for (const host of ['127.0.0.1/x', 'a b', 'user@127.0.0.1', ''])
      expect(await failureOf(open.connect({ host, port: 1 }))).toBeInstanceOf(OutboundRefused)
  })

  test('the setting takes ranges and names, and says what is neither', () => {
    for (const entry of ['10.0.0.0/8', '::1', 'ldap.corp.example', 'localhost', 'xn--bcher-kva.example', 'a_b.svc'])
      expect({ entry, is: isAllowedPrivateEntry(entry) }).toEqual({ entry, is: true })
    for (const entry of ['', '10.0.0.0/33', 'http://x', '*.example', 'a b', '300.1.1.1'])
      expect({ entry, is: isAllowedPrivateEntry(entry) }).toEqual({ entry, is: false })
    expect(() => createOutbound({ allowedPrivate: ['10.0.0.0/99'] })).toThrow('"10.0.0.0/99"')
  })
})

describe('redirects', () => {
  const secrets = { Authorization: 'Bearer x', Cookie: 'a=b', 'X-Api-Key': 'k', Accept: 'text/plain' }
  const to = (url: string, status = 302) => at(plain, `/to${status}?${encodeURIComponent(url)}`)

  test('are answers like others unless they are to be followed', async () => {
    const response = await open.fetch(to(at(other)))
    expect([response.status, response.headers.get('Location')]).toEqual([302, at(other)])
  })

  test('are followed as far as told', async () => {
    expect(await (await open.fetch(to('/there'), { redirects: 1 })).text()).toBe('hello')
    const failure = await failureOf(open.fetch(to(to(at(other))), { redirects: 1 }))
    expect(failure?.message).toContain('redirects more than 1 times')
  })

  test('from an allowed address to another are checked like a first request', async () => {
    for (const url of [
      'http://10.0.0.1/',
      'http://169.254.169.254/latest/',
      'http://[::1]/',
      'http://2852039166/',
      `ftp://127.0.0.1:${other.port}/`,
      `http://me:secret@127.0.0.1:${other.port}/`,
      'file:///etc/passwd',
    ]) {
      const failure = await failureOf(open.fetch(to(url), { redirects: 5 }))
      expect({ url, is: failure?.name }).toEqual({ url, is: 'OutboundRefused' })
    }
  })

  test('to the same origin keep what was sent', async () => {
    await (await open.fetch(to('/kept', 307), { redirects: 1, method: 'POST', body: 'x', headers: secrets })).text()
    expect(seen.at(-1)).toMatchObject({
      method: 'POST',
      url: '/kept',
      body: 'x',
      headers: { authorization: 'Bearer x' },
    })
  })

  test('to another origin tell it no secret', async () => {
    await (await open.fetch(to(at(other, '/stranger')), { redirects: 1, headers: secrets })).text()
    const { headers, url } = seen.at(-1) as Seen
    expect([url, headers.accept]).toEqual(['/stranger', 'text/plain'])
    for (const name of ['authorization', 'cookie', 'x-api-key']) expect(headers[name]).toBeUndefined()
  })

  test('to another origin take no body along', async () => {
    const request = { redirects: 1, method: 'POST', body: 'client_secret=x' }
    expect(await failureOf(open.fetch(to(at(other), 307), request))).toBeInstanceOf(OutboundRefused)
    await (await open.fetch(to(at(other, '/got'), 302), request)).text()
    expect(seen.at(-1)).toMatchObject({ method: 'GET', url: '/got', body: '' })
  })

  test('never lead from https to http', async () => {
    const url = `https://127.0.0.1:${secure.port}/to302?${encodeURIComponent(at(plain))}`
    const failure = await failureOf(open.fetch(url, { redirects: 1, tls: { ca: certificate.cert } }))
    expect(failure?.message).toContain('does not go from https to http')
  })
})

describe('TLS', () => {
  const tls = () => ({ ca: certificate.cert })
  test('verifies the name that was asked for, at whatever address it is', async () => {
    const outbound = resolving(['127.0.0.1'], LOOPBACK)
    const ask = (name: string) => outbound.fetch(`https://${name}:${secure.port}/`, { tls: tls() })
    expect(await (await ask('registry.test')).text()).toBe('hello')
    const failure = await failureOf(ask('other.test'))
    expect(failure).toBeInstanceOf(OutboundFailed)
    expect(failure?.message).toContain('ALTNAME')
  })

  test('verifies an address that was asked for, and an authority', async () => {
    const url = `https://127.0.0.1:${secure.port}/`
    expect((await open.fetch(url, { tls: tls() })).status).toBe(200)
    expect(await failureOf(open.fetch(url))).toBeInstanceOf(OutboundFailed)
  })

  test('shows a client certificate to whom it is meant for', async () => {
    const client = await makeCertificate('client.test')
    const mutual = createTlsServer(
      { cert: certificate.cert, key: certificate.key, ca: client.cert, requestCert: true, rejectUnauthorized: true },
      socket => {
        socket.on('error', () => socket.destroy())
        socket.once('data', () => {
          const body = String(socket.getPeerCertificate().subject?.CN)
          socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
        })
      },
    )
    await new Promise<void>(resolve => mutual.listen(0, '127.0.0.1', resolve))
    try {
      const url = `https://127.0.0.1:${(mutual.address() as { port: number }).port}/`
      const { cert, key } = client
      expect(await (await open.fetch(url, { tls: { ...tls(), cert, key } })).text()).toBe('berth-test')
      expect(await failureOf(open.fetch(url, { tls: tls() }))).toBeInstanceOf(OutboundFailed)
    } finally {
      mutual.close()
    }
  })

  test('cannot be turned off by the environment', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    try {
      expect(await failureOf(open.fetch(`https://127.0.0.1:${secure.port}/`))).toBeInstanceOf(OutboundFailed)
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    }
  })
})

describe('limits:', () => {
  test('a body larger than allowed is broken off', async () => {
    const response = await open.fetch(at(plain, '/endless'), { maxBytes: 1_000_000 })
    const failure = await failureOf(response.bytes())
    expect(failure).toBeInstanceOf(OutboundFailed)
    expect(failure?.message).toContain('larger than 1000000 bytes')
    expect((await open.fetch(at(plain), { maxBytes: 5 })).text()).resolves.toBe('hello')
  })

  test('a body that comes in pieces is sent as they come, and a refusal is heard before its end', async () => {
    seen = []
    async function* pieces() {
      for (const piece of ['one ', 'two ', 'three']) yield new TextEncoder().encode(piece)
    }
    await (await open.fetch(at(plain, '/sent'), { method: 'POST', stream: pieces() })).text()
    expect(seen.at(-1)).toMatchObject({ method: 'POST', body: 'one two three' })
    async function* failing() {
      yield new Uint8Array(10)
      throw new Error('nobody can read on')
    }
    const failure = await failureOf(open.fetch(at(plain, '/sent'), { method: 'POST', stream: failing() }))
    expect(failure?.message).toContain('nobody can read on')
  })

  test('a body that is not read is not taken in, and is let go of', async () => {
    produced = 0
    const response = await open.fetch(at(plain, '/endless'), { maxBytes: Number.MAX_SAFE_INTEGER })
    let before = -1
    while (before !== produced) {
      before = produced
      await Bun.sleep(300)
    }
    // What sockets hold, not gigabytes.
    expect(produced * 65_536).toBeLessThan(64 * 1024 * 1024)
    await response.body?.cancel()
  })

  test('a server that says nothing, or stops in the middle, is given up', async () => {
    const silent = await failureOf(open.fetch(at(plain, '/silent'), { timeoutMs: 200 }))
    expect(silent).toBeInstanceOf(OutboundFailed)
    expect(silent?.message).toContain('did not finish within 200 ms')
    const response = await open.fetch(at(plain, '/stalls'), { timeoutMs: 300 })
    const stalled = await failureOf(response.text())
    expect(stalled).toBeInstanceOf(OutboundFailed)
    expect(stalled?.message).toContain('did not finish within 300 ms')
  })

  test('a name that is never resolved is given up', async () => {
    const outbound = createOutbound({ allowedPrivate: [], resolve: () => new Promise(() => undefined) })
    expect(await failureOf(outbound.fetch('http://slow.test/', { timeoutMs: 100 }))).toBeInstanceOf(OutboundFailed)
    const connecting = outbound.connect({ host: 'slow.test', port: 1, timeoutMs: 100 })
    expect(await failureOf(connecting)).toBeInstanceOf(OutboundFailed)
  })

  test('whoever asked can break off', async () => {
    const controller = new AbortController()
    const asking = failureOf(open.fetch(at(plain, '/silent'), { signal: controller.signal }))
    controller.abort(new Error('enough'))
    expect((await asking)?.message).toBe('enough')
  })

  test('an answer that is cut off or is no HTTP is a failure, not a short body', async () => {
    const cut = await failureOf(raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort').then(each => each.text()))
    expect(cut).toBeInstanceOf(OutboundFailed)
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n'
    expect(await failureOf(raw(chunked).then(each => each.text()))).toBeInstanceOf(OutboundFailed)
    expect(await (await raw('HTTP/1.0 200 OK\r\n\r\nends with the connection')).text()).toBe('ends with the connection')
    expect(await failureOf(raw('220 mail.test ESMTP\r\n'))).toBeInstanceOf(OutboundFailed)
    expect(await failureOf(raw(''))).toBeInstanceOf(OutboundFailed)
    expect(await failureOf(open.fetch('http://127.0.0.1:1/'))).toBeInstanceOf(OutboundFailed)
  })

  test('a header cannot be smuggled in', async () => {
    const headers = { Host: 'evil.test', 'Transfer-Encoding': 'chunked', 'Content-Length': '3', Connection: 'upgrade' }
    await (await open.fetch(at(plain, '/own'), { method: 'PUT', headers, body: 'whole body' })).text()
    expect(seen.at(-1)).toMatchObject({ body: 'whole body', headers: { host: `127.0.0.1:${plain.port}` } })
    expect(await failureOf(open.fetch(at(plain), { headers: { 'X-A': 'b\r\nX-C: d' } }))).toBeInstanceOf(Error)
    expect(await failureOf(open.fetch(at(plain), { method: 'GET / HTTP/1.1\r\nX: y' }))).toBeInstanceOf(Error)
  })
})

describe('connect', () => {
  test('gives a socket to an allowed address, and one whose TLS is verified', async () => {
    const socket = await open.connect({ host: '127.0.0.1', port: plain.port as number })
    socket.write('GET /by-hand HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    let said = ''
    for await (const chunk of socket) said += chunk
    expect(said).toContain('200 OK')
    const port = secure.port as number
    const outbound = resolving(['127.0.0.1'], LOOPBACK)
    const tls = await outbound.connect({ host: 'registry.test', port, tls: { ca: certificate.cert } })
    tls.destroy()
    const named = { ca: certificate.cert, serverName: 'registry.test' }
    ;(await open.connect({ host: '127.0.0.1', port, tls: named })).destroy()
    const wrong = outbound.connect({ host: 'other.test', port, tls: { ca: certificate.cert } })
    expect(await failureOf(wrong)).toBeInstanceOf(OutboundFailed)
  })
})

/** A server that says these bytes and closes. */
async function raw(bytes: string): Promise<Response> {
  const server: Server = createServer(socket => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => socket.end(bytes))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  try {
    return await open.fetch(`http://127.0.0.1:${port}/`, { timeoutMs: 5000 })
  } finally {
    server.close()
  }
}
