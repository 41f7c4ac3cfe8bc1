import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { cefLine } from '../../src/features/audit/sinks/formats/cef.ts'
import { jsonLine } from '../../src/features/audit/sinks/formats/json.ts'
import { ocsfEvent } from '../../src/features/audit/sinks/formats/ocsf.ts'
import { otlpLogs } from '../../src/features/audit/sinks/formats/otlp.ts'
import { splunkEvent } from '../../src/features/audit/sinks/formats/splunk.ts'
import { syslogMessage } from '../../src/features/audit/sinks/formats/syslog.ts'
import { visibleJson } from '../../src/features/audit/sinks/formats/visible.ts'
import type { AuditEntry, AuditRecord } from '../../src/stores/metadata/index.ts'
import { HOSTILE, hostileEntry } from './hostile.ts'
import { entryOf, type Log, openLog } from './log.ts'
import { faultsOf } from './ocsf-schema.ts'

const emitter = { host: 'registry.example', version: '1.2.3' }
// What the database and canonical JSON cannot keep was replaced on the way in.
const STORED = HOSTILE.replaceAll('\0', '\ufffd')
// biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/

const syslog = (record: AuditRecord, maxBytes = 8192) =>
  syslogMessage(record, { emitter, enterpriseNumber: 32473, maxBytes, message: jsonLine }).toString()
const formats: Readonly<Record<string, (record: AuditRecord) => string>> = {
  json: record => jsonLine(record),
  'syslog, without its BOM': record => syslog(record).replace(' \ufeff', ' '),
  cef: record => cefLine(record, emitter),
  ocsf: record => visibleJson(ocsfEvent(record, emitter)),
  splunk: record => splunkEvent(record, { emitter, source: 'berth', sourcetype: 'berth:audit' }),
  otlp: record => otlpLogs([record], emitter, 1_700_000_000_000),
}

describe('formats', () => {
  let log: Log
  let plain: AuditRecord
  let hostile: AuditRecord
  let long: AuditRecord
  const recorded = async (entry: AuditEntry): Promise<AuditRecord> => {
    await log.write(entry)
    const { sequence } = await log.tables.records.head()
    const [record] = await log.tables.records.read(sequence - 1, 1)
    if (!record) throw new Error('It was not recorded.')
    return record
  }
  beforeAll(async () => {
    log = await openLog()
    plain = await recorded(
      entryOf({ status: 201, resource: { project: 'team', repository: 'team/app', tag: 'v1', digest: 'sha256:aa' } }),
    )
    hostile = await recorded(hostileEntry())
    const much = 'é'.repeat(2048)
    long = await recorded(hostileEntry({ reason: much, origin: { userAgent: much, path: much }, detail: { much } }))
  })
  afterAll(() => log[Symbol.asyncDispose]())

  for (const [name, encode] of Object.entries(formats)) {
    test(`${name}: nothing that a client sends ends a line or hides`, () => {
      expect(UNSEEN.exec(encode(hostile))).toBeNull()
      expect(UNSEEN.exec(encode(plain))).toBeNull()
    })
  }

  describe('json', () => {
    test('says all, and its hash is that of its canonical form without it', () => {
      for (const record of [plain, hostile]) {
        const { hash, ...rest } = JSON.parse(jsonLine(record))
        expect(rest.entry).toEqual(record.entry)
        expect(hash).toBe(
          createHash('sha256')
            .update(canonicalize(rest) as string)
            .digest('hex'),
        )
      }
      expect(JSON.parse(jsonLine(hostile)).entry.actor.name).toBe(STORED)
    })

    test('where nothing is hidden, the hash is that of the line without it', () => {
      const line = jsonLine(plain).replace(`"hash":"${plain.hash}",`, '')
      expect(createHash('sha256').update(line).digest('hex')).toBe(plain.hash)
    })
  })

  describe('syslog', () => {
    const HEADER =
      /^<(\d+)>1 (\S+) (\S+) (\S+) (\S+) (\S+) ((?:\[(?:[^\]\\"]|"(?:[^"\\\]]|\\["\\\]])*")*\])+) \ufeff(.*)$/s

    test('is a message of RFC 5424, with the facility of audit logs', () => {
      const [, priority, timestamp, host, app, process, id, data = '', message = ''] = HEADER.exec(syslog(plain)) ?? []
      expect({ priority, timestamp, host, app, process, id }).toEqual({
        priority: String(13 * 8 + 6),
        timestamp: '2023-11-14T22:13:20.000Z',
        host: 'registry.example',
        app: 'berth',
        process: '-',
        id: 'manifest.push',
      })
      expect(data).toStartWith('[origin software="berth" swVersion="1.2.3"][berth@32473 sequence="1" ')
      expect(message).toBe(jsonLine(plain))
    })

    test('what is in structured data cannot leave it', () => {
      const [, priority, , , , , , data = ''] = HEADER.exec(syslog(hostile)) ?? []
      expect(priority).toBe(String(13 * 8 + 4))
      const values = [...data.matchAll(/ (\w+)="((?:[^"\\\]]|\\["\\\]])*)"/g)].map(([, name, value = '']) => [
        name,
        value.replace(/\\(["\\\]])/g, '$1'),
      ])
      const actor = Object.fromEntries(values).actor
      expect(actor).toContain('"x\\y]z|p=q<134>1 [fake@1 a="b"]')
      expect(actor).toStartWith('a\\u000d\\u000ab')
    })

    test('a name that is no name of syslog is made one', () => {
      const odd = syslog({ ...plain, entry: { ...plain.entry, type: 'a b\nc'.padEnd(60, 'd') } })
      expect(HEADER.exec(odd)?.[6]).toBe('a_b_c'.padEnd(32, 'd'))
    })

    test('what is too long is cut, says so, and stays well-formed', () => {
      for (const maxBytes of [8192, 4096, 2048]) {
        const message = syslog(long, maxBytes)
        expect(Buffer.byteLength(message)).toBeLessThanOrEqual(maxBytes)
        expect(message).toContain(' truncated="true"')
        const body = /\ufeff(.*)$/s.exec(message)?.[1]
        if (body !== undefined)
          expect(JSON.parse(body)).toMatchObject({ truncated: true, sequence: long.sequence, hash: long.hash })
      }
      expect(syslog(plain)).not.toContain('truncated')
    })
  })

  describe('cef', () => {
    const parse = (line: string) => {
      const header = /^((?:[^|\\]|\\.)*\|){7}/.exec(line)?.[0] ?? ''
      const fields = [...header.matchAll(/((?:[^|\\]|\\.)*)\|/g)].map(([, field = '']) => field.replace(/\\(.)/g, '$1'))
      const rest = header.length
      const pairs = [...line.slice(rest).matchAll(/(?:^| )(\w+)=((?:[^=\\]|\\.)*)(?=$| \w+=)/gs)]
      return {
        fields,
        pairs: Object.fromEntries(pairs.map(([, key, value = '']) => [key, value.replace(/\\(.)/g, '$1')])),
      }
    }

    test('is a header of seven fields and an extension', () => {
      const { fields, pairs } = parse(cefLine(plain, emitter))
      expect(fields).toEqual(['CEF:0', 'Berth', 'Berth', '1.2.3', 'manifest.push', 'manifest.push', '3'])
      expect(pairs).toMatchObject({
        rt: '1700000000000',
        suser: 'ada',
        suid: 'u1',
        src: '192.0.2.1',
        fname: 'team/app:v1',
        fileHash: 'sha256:aa',
        requestClientApplication: 'docker/27',
        cn1: '201',
        cn1Label: 'httpStatus',
        outcome: 'success',
      })
    })

    test('what is in a value cannot begin another, nor a header', () => {
      const { fields, pairs } = parse(cefLine({ ...hostile, entry: { ...hostile.entry, type: HOSTILE } }, emitter))
      expect(fields).toHaveLength(7)
      expect(fields[6]).toBe('6')
      expect(pairs.suser ?? '').toContain('z|p=q<134>1')
      expect(Object.keys(pairs).filter(key => key === 'p' || key === 'q')).toEqual([])
      expect(pairs).toMatchObject({ c6a2: '2001:db8::1', cnt: '3' })
    })
  })

  describe('ocsf', () => {
    test('API Activity and Authentication keep the schema of their version', () => {
      const signIn = { category: 'authentication', type: 'authentication.failed', outcome: 'failure' } as const
      const entries = [
        plain.entry,
        hostile.entry,
        { ...plain.entry, ...signIn },
        { ...hostile.entry, ...signIn, type: 'token.exchange' },
        { ...plain.entry, ...signIn, origin: {}, resource: {} },
        {
          ...plain.entry,
          category: 'system',
          type: 'gc.run',
          origin: {},
          resource: {},
          actor: { kind: 'system', id: 'berth', name: 'berth' },
        },
        { ...plain.entry, actor: { kind: 'anonymous', id: '', name: 'anonymous' } },
      ] as AuditEntry[]
      for (const entry of entries)
        for (const truncated of [false, true]) {
          const event = JSON.parse(visibleJson(ocsfEvent({ ...plain, entry }, emitter, truncated)))
          expect({ type: entry.type, faults: faultsOf(event) }).toEqual({ type: entry.type, faults: [] })
          expect(event.type_uid).toBe(event.class_uid * 100 + event.activity_id)
        }
    })

    test('the schema that is checked against notices faults', () => {
      const event = JSON.parse(visibleJson(ocsfEvent(plain, emitter)))
      const faults = faultsOf({ ...event, actor: {}, api: {}, severity_id: 7, extra: 1 })
      expect(faults).toContain('api.operation is missing')
      expect(faults).toContain('extra is not known')
      expect(faults).toContain('severity_id: 7 is none of 0,1,2,3,4,5,6,99')
      expect(faults.join()).toContain('actor.: none of')
    })

    test('an activity is told by the last word of the type', () => {
      const typeOf = (type: string, category: AuditEntry['category'] = 'data write') =>
        (ocsfEvent({ ...plain, entry: { ...plain.entry, type, category } }, emitter) as { type_uid: number }).type_uid
      expect(
        ['manifest.push', 'manifest.pull', 'tag.move', 'manifest.delete', 'gc.run'].map(type => typeOf(type)),
      ).toEqual([600301, 600302, 600303, 600304, 600399])
      expect(typeOf('authentication.failed', 'authentication')).toBe(300201)
      expect(typeOf('token.exchange', 'authentication')).toBe(300299)
    })
  })

  test('splunk: each event is a JSON object with its time in seconds', () => {
    const event = JSON.parse(
      splunkEvent(hostile, { emitter, source: 'berth', sourcetype: 'berth:audit', index: 'sec' }),
    )
    expect(event).toMatchObject({
      time: 1_700_000_000,
      host: 'registry.example',
      source: 'berth',
      sourcetype: 'berth:audit',
      index: 'sec',
    })
    expect(event.event).toMatchObject({ hash: hostile.hash, sequence: hostile.sequence })
    expect(event.event.entry.reason).toBe(STORED)
  })

  test('otlp: one request for many records, numbers of 64 bits as strings', () => {
    const { resourceLogs } = JSON.parse(otlpLogs([plain, hostile], emitter, 1_700_000_000_500))
    const [{ logRecords, scope }] = resourceLogs[0].scopeLogs
    expect(resourceLogs[0].resource.attributes[0]).toEqual({ key: 'service.name', value: { stringValue: 'berth' } })
    expect(scope.name).toBe('berth.audit')
    expect(logRecords[0]).toMatchObject({
      timeUnixNano: '1700000000000000000',
      observedTimeUnixNano: '1700000000500000000',
      severityNumber: 9,
      body: { stringValue: jsonLine(plain) },
    })
    expect(logRecords[1].severityNumber).toBe(13)
    expect(logRecords[0].attributes).toContainEqual({ key: 'berth.audit.sequence', value: { intValue: '1' } })
  })
})
