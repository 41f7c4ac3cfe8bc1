import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import type { SyslogSettings } from '../../src/features/audit/index.ts'
import { splunkSink } from '../../src/features/audit/sinks/splunk-sink.ts'
import { openLineFile } from '../../src/stores/line-files/index.ts'
import { makeCertificate } from './certificate.ts'
import { parts, secretOf, startDelivering, until } from './delivering.ts'
import { type HttpReceiver, startHttpReceiver } from './http-receiver.ts'
import { type Log, openLog } from './log.ts'
import { startSyslogReceiver } from './syslog-receiver.ts'

const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ type: `t${from + index}` }))

/** Each once or more, and none before one that is earlier: what "at least once and in order" means. */
function firstSeen(sequences: readonly number[]): number[] {
  return [...new Set(sequences)]
}
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe('delivery', () => {
  let log: Log
  beforeEach(async () => {
    log = await openLog()
  })
  afterEach(() => log[Symbol.asyncDispose]())

  describe('by syslog', () => {
    const settings = (port: number, more: Partial<SyslogSettings> = {}): SyslogSettings => ({
      type: 'syslog',
      name: 'siem',
      host: 'localhost',
      port,
      format: 'json',
      confirmed: true,
      enterpriseNumber: 32473,
      maxBytes: 8192,
      ...more,
    })
    const sequencesOf = (messages: readonly string[]) =>
      messages.map(message => Number(/ sequence="(\d+)"/.exec(message)?.[1]))

    test('over TLS, to a receiver whose certificate is known', async () => {
      const { cert, key } = await makeCertificate(log.folder)
      await using receiver = await startSyslogReceiver({ cert, key })
      await log.write(...numbered(1, 20))
      await using delivering = startDelivering(log, settings(receiver.port, { tls: { ca: cert } }))
      await until(() => delivering.told.delivered === 20)
      expect(sequencesOf(receiver.messages)).toEqual(upTo(20))
      expect(receiver.messages[0]).toStartWith('<110>1 ')
      expect(delivering.told.failures).toEqual([])
    })

    test('over TLS, not to a receiver whose certificate is not', async () => {
      const { cert, key } = await makeCertificate(log.folder)
      await using receiver = await startSyslogReceiver({ cert, key })
      await log.write(...numbered(1, 1))
      await using delivering = startDelivering(log, settings(receiver.port, { tls: {} }))
      await until(() => delivering.told.failures.length > 1)
      expect(receiver.messages).toEqual([])
      expect(await log.tables.sinks.cursor('siem', 0)).toBe(0)
    })

    for (const secured of [true, false]) {
      test(`a receiver that breaks off and restarts misses nothing and gets it in order (${secured ? 'TLS' : 'TCP'})`, async () => {
        const { cert, key } = await makeCertificate(log.folder)
        const tls = secured ? { cert, key } : undefined
        const messages: string[] = []
        await log.write(...numbered(1, 200))
        const first = await startSyslogReceiver(tls, messages)
        const { port } = first
        first.breakAfter(20_000)
        await using delivering = startDelivering(log, settings(port, secured ? { tls: { ca: cert } } : {}))
        await until(() => delivering.told.failures.length > 0)
        await first[Symbol.asyncDispose]()
        await log.write(...numbered(201, 50))
        await until(() => delivering.told.failures.some(failure => failure.includes('ECONNREFUSED')))
        await using _second = await startSyslogReceiver(tls, messages, port)
        await until(async () => (await log.tables.sinks.cursor('siem', 0)) === 250)
        expect(firstSeen(sequencesOf(messages))).toEqual(upTo(250))
      })
    }

    test('in CEF and OCSF', async () => {
      await using receiver = await startSyslogReceiver(undefined)
      await log.write(...numbered(1, 1))
      for (const format of ['cef', 'ocsf'] as const) {
        await using delivering = startDelivering(log, settings(receiver.port, { name: format, format }))
        await until(() => delivering.told.delivered === 1)
      }
      expect(receiver.messages[0]).toContain(' \ufeffCEF:0|Berth|')
      expect(receiver.messages[1]).toContain('"class_uid":6003')
    })
  })

  describe('by HTTPS', () => {
    const settings = (url: string) => ({
      type: 'https' as const,
      name: 'hook',
      url: `${url}/audit`,
      secret: secretOf('s3cret'),
      format: 'json' as const,
      headers: { 'X-Team': secretOf('blue') },
    })
    const sequencesOf = ({ taken }: Pick<HttpReceiver, 'taken'>) =>
      taken.flatMap(({ body }) => JSON.parse(body).records.map(({ sequence }: { sequence: number }) => sequence))

    test('signed over time and body', async () => {
      await using receiver = await startHttpReceiver()
      await log.write(...numbered(1, 3))
      await using delivering = startDelivering(log, settings(receiver.url))
      await until(() => delivering.told.delivered === 3)
      const [request] = receiver.taken
      const [, time = '', signature = ''] =
        /^t=(\d+),v1=([0-9a-f]{64})$/.exec(request?.headers.get('Berth-Signature') ?? '') ?? []
      const expected = createHmac('sha256', 's3cret').update(`${time}.${request?.body}`).digest()
      expect(timingSafeEqual(Buffer.from(signature, 'hex'), expected)).toBe(true)
      expect(request?.headers.get('X-Team')).toBe('blue')
      expect(request?.path).toBe('/audit')
    })

    test('a receiver that fails, says later, hangs up and restarts misses nothing and gets it in order', async () => {
      const receiver = await startHttpReceiver()
      receiver.next.push(
        () => new Response('not now', { status: 500 }),
        () => new Response('', { status: 503, headers: { 'Retry-After': '0' } }),
        () => new Response('', { status: 413 }),
      )
      await log.write(...numbered(1, 600))
      const delivering = startDelivering(log, settings(receiver.url))
      await until(() => delivering.told.delivered > 0)
      expect(delivering.told.failures).toHaveLength(3)
      expect(delivering.told.failures[0]).toContain('answered 500: "not now"')
      await receiver[Symbol.asyncDispose]()
      await log.write(...numbered(601, 100))
      const before = delivering.told.failures.length
      await until(() => delivering.told.failures.length > before + 1)
      await using again = await startHttpReceiver(undefined, receiver.taken, receiver.port)
      await until(async () => (await log.tables.sinks.cursor('hook', 0)) === 700)
      await delivering[Symbol.asyncDispose]()
      expect(firstSeen(sequencesOf(again))).toEqual(upTo(700))
    })

    test('a receiver that hangs is given up and asked again', async () => {
      await using receiver = await startHttpReceiver()
      const forever = () => new Promise<Response>(() => undefined)
      receiver.next.push(forever, forever)
      await log.write(...numbered(1, 2))
      await using delivering = startDelivering(log, settings(receiver.url), 50)
      await until(() => delivering.told.delivered === 2)
      expect(delivering.told.failures).toHaveLength(2)
      expect(sequencesOf(receiver)).toEqual([1, 2])
    })

    test('a receiver that hangs does not hold up a stop', async () => {
      await using receiver = await startHttpReceiver()
      let hanging = 0
      receiver.next.push(() => {
        hanging += 1
        return new Promise<Response>(() => undefined)
      })
      await log.write(...numbered(1, 2))
      const delivering = startDelivering(log, settings(receiver.url))
      await until(() => hanging > 0)
      await delivering[Symbol.asyncDispose]()
      expect(await log.tables.sinks.cursor('hook', 0)).toBe(0)
    })

    test('when one takes over from another, what was confirmed is not sent again', async () => {
      await using receiver = await startHttpReceiver()
      await log.write(...numbered(1, 10))
      const one = startDelivering(log, settings(receiver.url))
      await until(() => one.told.delivered === 10)
      await one[Symbol.asyncDispose]()
      await log.write(...numbered(11, 5))
      await using other = startDelivering(log, settings(receiver.url))
      await until(() => other.told.delivered === 5)
      expect(sequencesOf(receiver)).toEqual(upTo(15))
    })

    test('lag tells how many are waiting and since when', async () => {
      const receiver = await startHttpReceiver(() => new Response('', { status: 500 }))
      await log.write(...numbered(1, 7))
      const delivering = startDelivering(log, settings(receiver.url))
      await until(() => delivering.told.failures.length > 0)
      expect(delivering.told.lag?.records).toBe(7)
      expect(delivering.told.lag?.seconds).toBeGreaterThan(3600)
      await delivering[Symbol.asyncDispose]()
      expect(delivering.told.lag).toBeUndefined()
      await receiver[Symbol.asyncDispose]()
    })

    test('records that retention took before the receiver had them are told as missed', async () => {
      await using receiver = await startHttpReceiver()
      await log.write(...numbered(1, 10))
      const [, , third] = await log.tables.records.read(0, 3)
      await log.tables.retention.remove({ sequence: 3, hash: third?.hash ?? '', at: 0, keyId: '', signature: '' }, 100)
      await using delivering = startDelivering(log, settings(receiver.url))
      await until(() => delivering.told.delivered === 7)
      expect(delivering.told.missed).toBe(3)
    })

    test('a log that ends before what the receiver has is told, and nothing is sent', async () => {
      await using receiver = await startHttpReceiver()
      await log.write(...numbered(1, 2))
      await log.tables.sinks.cursor('hook', 0)
      await log.tables.sinks.advance('hook', { from: 0, to: 9, now: 0 })
      const delivering = startDelivering(log, settings(receiver.url))
      await expect(delivering[Symbol.asyncDispose]()).rejects.toThrow('run berth audit verify')
      expect(receiver.taken).toEqual([])
    })
  })

  describe('to Splunk', () => {
    const settings = (url: string, acknowledged: boolean) => ({
      type: 'splunk' as const,
      name: 'splunk',
      url: `${url}/`,
      token: secretOf('t0ken'),
      source: 'berth',
      sourcetype: 'berth:audit',
      acknowledged,
    })
    const sink = (url: string, acknowledged = true) =>
      splunkSink(settings(url, acknowledged), parts.outbound, parts.emitter, { askMs: [5], mostAskedMs: 50 })

    test('the cursor moves when the events are indexed, not when they came in', async () => {
      let indexed = false
      await using receiver = await startHttpReceiver(({ path }) =>
        path.startsWith('/services/collector/ack')
          ? Response.json({ acks: { 7: indexed } })
          : Response.json({ text: 'Success', code: 0, ackId: 7 }),
      )
      await log.write(...numbered(1, 3))
      await using delivering = startDelivering(log, sink(receiver.url))
      await until(() => delivering.told.failures.length > 0)
      expect(delivering.told.failures[0]).toContain('not indexed in time')
      expect(await log.tables.sinks.cursor('splunk', 0)).toBe(0)
      indexed = true
      await until(async () => (await log.tables.sinks.cursor('splunk', 0)) === 3)
      const [event] = receiver.taken
      const channel = event?.headers.get('X-Splunk-Request-Channel')
      expect(event?.headers.get('Authorization')).toBe('Splunk t0ken')
      expect(event?.path).toBe('/services/collector/event')
      expect(event?.body.split('\n').map(line => JSON.parse(line).event.sequence)).toEqual(upTo(3))
      const asked = receiver.taken.find(({ path }) => path.startsWith('/services/collector/ack'))
      expect(asked?.path).toBe(`/services/collector/ack?channel=${channel}`)
      expect(JSON.parse(asked?.body ?? '')).toEqual({ acks: [7] })
    })

    test('a token without acknowledgement is told, or need not have it', async () => {
      await using receiver = await startHttpReceiver(() => Response.json({ text: 'Success', code: 0 }))
      await log.write(...numbered(1, 1))
      {
        await using delivering = startDelivering(log, sink(receiver.url))
        await until(() => delivering.told.failures.length > 0)
        expect(delivering.told.failures[0]).toContain('no acknowledgement is offered')
      }
      await using delivering = startDelivering(log, sink(receiver.url, false))
      await until(() => delivering.told.delivered === 1)
    })
  })

  test('by OpenTelemetry; what a collector refuses for good is told and not sent again', async () => {
    await using receiver = await startHttpReceiver()
    receiver.next.push(() => Response.json({ partialSuccess: { rejectedLogRecords: '2', errorMessage: 'too old' } }))
    await log.write(...numbered(1, 5))
    const url = `${receiver.url}/v1/logs`
    const headers = { 'X-Key': secretOf('k') }
    await using delivering = startDelivering(log, { type: 'otlp', name: 'otel', url, headers })
    await until(async () => (await log.tables.sinks.cursor('otel', 0)) === 5)
    await until(() => delivering.told.delivered === 3)
    expect(delivering.told).toMatchObject({ missed: 2, failures: [] })
    const [request] = receiver.taken
    expect(request?.headers.get('Content-Type')).toBe('application/json')
    expect(request?.headers.get('X-Key')).toBe('k')
    expect(JSON.parse(request?.body ?? '').resourceLogs[0].scopeLogs[0].logRecords).toHaveLength(5)
  })

  describe('to a file', () => {
    const linesOf = async (path: string) => (await Bun.file(path).text()).trimEnd().split('\n')
    const sequenceOf = (line: string) => JSON.parse(line).sequence as number

    test('line by line, and into the next file when one is full', async () => {
      const path = join(log.folder, 'logs', 'audit.jsonl')
      await log.write(...numbered(1, 30))
      const file = openLineFile({ path, maxBytes: 1000, keep: 2 })
      const sink = {
        name: 'file',
        batch: 5,
        async send(records: readonly { body: string }[]) {
          await file.append(records.map(({ body }) => body))
          return { refused: 0 }
        },
      }
      {
        await using delivering = startDelivering(log, sink)
        await until(() => delivering.told.delivered === 30)
      }
      const files = [`${path}.2`, `${path}.1`, path]
      const lines = (await Promise.all(files.map(linesOf))).flat().map(sequenceOf)
      // Each batch of five fills a file, and the oldest three went.
      expect(lines).toEqual(upTo(30).slice(15))
      expect(await Bun.file(`${path}.3`).exists()).toBe(false)
    })

    test('what a crash left of a line does not spoil the next', async () => {
      const path = join(log.folder, 'audit.jsonl')
      await Bun.write(path, '{"sequence":1,"ha')
      await log.write(...numbered(1, 2))
      const settings = { type: 'file' as const, name: 'file', path, format: 'json' as const, maxBytes: 1e6, keep: 1 }
      await using delivering = startDelivering(log, settings)
      await until(() => delivering.told.delivered === 2)
      const [torn, ...whole] = await linesOf(path)
      expect(torn).toBe('{"sequence":1,"ha')
      expect(whole.map(sequenceOf)).toEqual([1, 2])
    })

    test('a file that somebody moved away is begun anew', async () => {
      const path = join(log.folder, 'audit.jsonl')
      const settings = { type: 'file' as const, name: 'file', path, format: 'json' as const, maxBytes: 1e6, keep: 1 }
      await log.write(...numbered(1, 2))
      await using delivering = startDelivering(log, settings)
      await until(() => delivering.told.delivered === 2)
      await Bun.$`mv ${path} ${`${path}.moved`}`.quiet()
      await log.write(...numbered(3, 1))
      await until(() => delivering.told.delivered === 3)
      expect((await linesOf(path)).map(sequenceOf)).toEqual([3])
    })
  })
})
