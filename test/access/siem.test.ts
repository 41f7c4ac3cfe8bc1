import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificate, makeCertificate } from '../audit/certificate.ts'
import { type SyslogReceiver, startSyslogReceiver } from '../audit/syslog-receiver.ts'
import { berthCommand } from '../support/berth-command.ts'
import { sqlOn } from '../support/database.ts'
import { blobOf, imageOf } from '../support/registry-client.ts'
import { until, untilLogged } from '../support/sign-in.ts'
import { freePort } from '../support/start-berth.ts'
import { asAdmin, type Configured, startConfigured } from './configured.ts'

const SECRET = 'what requests are signed with'

interface Received {
  readonly sequence: number
  readonly entry: { readonly type: string; readonly resource: { readonly tag?: string } }
}

interface Hook extends Disposable {
  /** In the order of their arrival. */
  readonly records: Received[]
  /** How many requests it has refused. */
  refused: number
  /** So many requests are still to be refused. */
  refuse: number
}

/** Takes records by HTTPS; a request whose signature is wrong is an error of the test. */
function startHook({ cert, key }: Certificate, port: number, records: Received[] = [], refuse = 0): Hook {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    tls: { cert, key },
    async fetch(request) {
      const body = await request.text()
      const [, seconds, signature] = /^t=(\d+),v1=(\w+)$/.exec(request.headers.get('Berth-Signature') ?? '') ?? []
      expect(signature).toBe(createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'))
      if (hook.refuse > 0) {
        hook.refuse -= 1
        hook.refused += 1
        return new Response('not now', { status: 503 })
      }
      hook.records.push(...(JSON.parse(body) as { records: Received[] }).records)
      return new Response(null, { status: 204 })
    },
  })
  const hook: Hook = { records, refuse, refused: 0, [Symbol.dispose]: () => void server.stop(true) }
  return hook
}

describe('the audit log on its way to a SIEM', () => {
  let folder: string
  let certificate: Certificate
  let syslog: SyslogReceiver
  let hook: Hook
  let running: Configured
  const messages: string[] = []
  const records: Received[] = []
  const ports = { syslog: 0, hook: freePort() }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-siem-'))
    certificate = await makeCertificate(folder)
    syslog = await startSyslogReceiver(certificate, messages)
    ports.syslog = syslog.port
    hook = startHook(certificate, ports.hook, records, 2)
    const tls = { ca: certificate.certFile }
    running = await startConfigured({
      outbound: { allowedPrivate: ['localhost'] },
      audit: {
        pulls: 'none',
        checkpointRecords: 10,
        sinks: [
          { name: 'siem', type: 'syslog', host: 'localhost', port: ports.syslog, tls },
          { name: 'hook', type: 'https', url: `https://localhost:${ports.hook}/berth`, secret: SECRET, tls },
        ],
      },
    })
    await running.project('shop')
  })
  afterAll(async () => {
    await running[Symbol.asyncDispose]()
    await syslog[Symbol.asyncDispose]()
    hook[Symbol.dispose]()
    await rm(folder, { recursive: true })
  })

  const push = async (tag: string) => {
    const config = blobOf('{}')
    const image = imageOf([config], { note: tag })
    await running.ask('POST', `shop/app/blobs/uploads/?digest=${config.digest}`, {
      headers: asAdmin,
      body: config.bytes,
    })
    const manifest = { headers: { ...asAdmin, 'Content-Type': image.mediaType }, body: image.bytes }
    expect((await running.ask('PUT', `shop/app/manifests/${tag}`, manifest)).status).toBe(201)
  }
  const bySyslog = (): Received[] => messages.map(message => JSON.parse(message.slice(message.indexOf('\ufeff') + 1)))
  /** Each sequence when it came first: at least once, and in order. */
  const firsts = (received: readonly Received[]) => [...new Set(received.map(({ sequence }) => sequence))]
  const isThere = (received: readonly Received[], tag: string) =>
    received.some(({ entry }) => entry.type === 'tag.create' && entry.resource.tag === tag)
  const hasAll = (tag: string) => until(async () => isThere(bySyslog(), tag) && isThere(records, tag))

  test('has every record of a push, by TLS and by HTTPS, also when the receiver refuses at first', async () => {
    for (const tag of ['a', 'b', 'c']) await push(tag)
    expect(await hasAll('c')).toBe(true)
    expect(hook.refused).toBe(2)
  })

  test('misses nothing and has all in order while the receivers are away', async () => {
    await syslog[Symbol.asyncDispose]()
    hook[Symbol.dispose]()
    for (const tag of ['d', 'e', 'f', 'g']) await push(tag)
    syslog = await startSyslogReceiver(certificate, messages, ports.syslog)
    hook = startHook(certificate, ports.hook, records, 1)
    await push('h')
    expect(await hasAll('h')).toBe(true)
    const [head] = await sqlOn(running.berth.dataFolder, 'select sequence from audit_head')
    const caughtUp = async () => [bySyslog(), records].every(each => firsts(each).length >= Number(head?.sequence))
    expect(await until(caughtUp)).toBe(true)
    for (const received of [bySyslog(), records]) {
      const sequences = firsts(received)
      expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, index) => index + 1))
      const pushes = received.filter(({ entry }) => entry.type === 'tag.create').map(({ entry }) => entry.resource.tag)
      expect([...new Set(pushes)]).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
    }
    expect(await untilLogged(running.berth, 'the audit sink cannot be reached; tried again')).toBe(true)
    const metrics = await fetch(`${running.berth.url}/metrics`, { headers: asAdmin })
    expect(await metrics.text()).toMatch(/berth_audit_sink_delivered_records_total\{sink="hook"\} [1-9]/)
  })

  test('pulls are in it only where they are wanted', async () => {
    expect((await running.ask('GET', 'shop/app/manifests/a', { headers: asAdmin })).status).toBe(200)
    await push('after-the-pull')
    expect(await hasAll('after-the-pull')).toBe(true)
    expect(records.filter(({ entry }) => entry.type === 'manifest.pull')).toEqual([])
  })

  test('is verified with Berth’s own keys, and a record that was changed in the database is found', async () => {
    const { dataFolder } = running.berth
    const verify = (...args: string[]) => berthCommand(dataFolder, ['audit', 'verify', '--json', ...args])
    const first = await verify()
    const report = JSON.parse(first.stdout)
    expect({ code: first.code, findings: report.findings }).toEqual({ code: 0, findings: [] })
    expect(report.signaturesChecked).toBe(true)
    expect(report.checkpoints).toBeGreaterThan(0)
    // The same with a copy of the keys, as everybody may have it.
    const keys = join(folder, 'jwks.json')
    await Bun.write(keys, await fetch(`${running.berth.url}/.well-known/jwks.json`))
    expect((await verify('--keys', keys)).code).toBe(0)
    const { sequence, hash } = JSON.parse(messages.at(-1)?.replace(/^[^\ufeff]*\ufeff/, '') ?? '{}')
    expect((await verify('--known', `${sequence}:${hash}`)).code).toBe(0)
    await sqlOn(dataFolder, "update audit_records set body = replace(body, 'admin', 'nobody') where sequence = 3")
    const found = await verify()
    expect(found.code).toBe(1)
    expect(JSON.parse(found.stdout)).toMatchObject({ firstWrong: 3, findings: [{ kind: 'edited', sequence: 3 }] })
    // Signed anew with another key, as somebody would who may write to the database.
    await sqlOn(dataFolder, "update audit_checkpoints set signature = 'AAAA'")
    expect(JSON.parse((await verify()).stdout).findings.map(({ kind }: { kind: string }) => kind)).toContain(
      'forged checkpoint',
    )
  })
})
