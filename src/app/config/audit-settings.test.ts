import { describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { auditSettings } from './audit-settings.ts'

const faultOf = (given: unknown) => auditSettings.safeParse(given).error?.message ?? 'none'

describe('settings of the audit log', () => {
  test('are complete without any', () => {
    expect(auditSettings.parse(undefined)).toEqual({
      pulls: 'manifests',
      retentionDays: 400,
      undeliveredDays: 30,
      checkpointMinutes: 60,
      checkpointRecords: 10_000,
      sinks: [],
    })
  })

  test('syslog is by TLS unless told otherwise', () => {
    const given = { name: 'siem', type: 'syslog', host: 'siem.example', port: 6514 }
    const [secured, plain] = [given, { ...given, name: 'plain', transport: 'tcp' }]
    const { sinks } = auditSettings.parse({ sinks: [secured, plain] })
    expect(sinks[0]).toMatchObject({ tls: {}, format: 'json', confirmed: true, maxBytes: 8192 })
    expect(sinks[1]).not.toHaveProperty('tls')
  })

  test('a secret comes from the settings, a file or the environment, and is never printed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-settings-'))
    await Bun.write(join(folder, 'secret'), 'from a file\n')
    process.env.BERTH_TEST_AUDIT_SECRET = 'from the environment'
    const secrets = ['from here', { file: join(folder, 'secret') }, { env: 'BERTH_TEST_AUDIT_SECRET' }]
    const sinks = secrets.map((secret, index) => ({
      name: `s${index}`,
      type: 'https',
      url: 'https://x.example/',
      secret,
    }))
    const settings = auditSettings.parse({ sinks })
    const revealed = settings.sinks.map(sink => ('secret' in sink ? sink.secret.reveal() : ''))
    expect(revealed).toEqual(['from here', 'from a file', 'from the environment'])
    const printed = [
      JSON.stringify(settings),
      inspect(settings, { depth: 9 }),
      `${settings.sinks.map(sink => 'secret' in sink && sink.secret)}`,
    ]
    for (const text of printed) expect(text).not.toContain('from')
    delete process.env.BERTH_TEST_AUDIT_SECRET
    await rm(folder, { recursive: true })
  })

  test('what cannot be is named', () => {
    const https = { name: 'a', type: 'https', url: 'https://x.example/', secret: 's' }
    expect(faultOf({ sinks: [https, https] })).toContain('two sinks have one name')
    expect(faultOf({ sinks: [{ ...https, url: 'ftp://x' }] })).not.toBe('none')
    expect(faultOf({ sinks: [{ ...https, name: 'Not A Name' }] })).not.toBe('none')
    expect(faultOf({ sinks: [{ ...https, headers: { 'X\r\nY': 'v' } }] })).not.toBe('none')
    expect(faultOf({ sinks: [{ ...https, secret: { file: '/nowhere/at/all' } }] })).toContain('cannot be read')
    expect(faultOf({ sinks: [{ ...https, tls: { certificate: '-----BEGIN' } }] })).toContain(
      'a certificate needs its key',
    )
    expect(faultOf({ unknown: 1 })).not.toBe('none')
  })
})
