import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeSettings } from '../support/settings.ts'
import { freePort, withoutSettings } from '../support/start-berth.ts'

const BERTH = join(import.meta.dir, '../../bin/berth')
const HIDDEN = 'hunter2'

describe('settings of who may do what', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-settings-'))
    await Bun.write(join(folder, 'secret'), `${HIDDEN} of a file\n`)
    await Bun.write(join(folder, 'empty'), '\n')
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** Runs a command with these settings; a server that starts all the same is ended. */
  const run = async (command: readonly string[], settings: object, env: Record<string, string> = {}) => {
    const file = join(folder, 'berth.yaml')
    await Bun.write(file, JSON.stringify(settings))
    const child = Bun.spawn([BERTH, ...command], {
      cwd: folder,
      env: {
        ...withoutSettings(process.env),
        ...(await storeSettings(folder)),
        BERTH_DATA: join(folder, 'data'),
        BERTH_LISTEN: `127.0.0.1:${freePort()}`,
        BERTH_CONFIG: file,
        ...env,
      },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
    clearTimeout(timer)
    return { code, stdout, stderr }
  }
  const sink = { name: 'siem', type: 'https', url: 'https://siem.example/' }
  const ldap = { name: 'company', url: 'ldap://directory.example' }
  const sso = { name: 'sso', issuer: 'https://sso.example', clientId: 'berth' }

  test('are printed without any secret', async () => {
    const settings = {
      admin: { password: `${HIDDEN} of the administrator` },
      secrets: { key: Buffer.from(`${HIDDEN} and thirty-two bytes in all`.slice(0, 32).padEnd(32)).toString('base64') },
      identity: {
        ldap: [{ ...ldap, search: { account: { dn: 'cn=x', password: HIDDEN }, base: 'dc=x' } }],
        oidc: [
          { ...sso, clientSecret: HIDDEN },
          { ...sso, name: 'other', clientSecret: { file: join(folder, 'secret') } },
        ],
      },
      audit: {
        sinks: [
          { ...sink, secret: HIDDEN, headers: { Authorization: `Bearer ${HIDDEN}` } },
          { ...sink, name: 'hec', type: 'splunk', token: { file: join(folder, 'secret') } },
          { ...sink, name: 'otel', type: 'otlp', headers: { 'X-Key': { env: 'SINK_KEY' } } },
          { ...sink, name: 'by-name', url: `https://user:${HIDDEN}@siem.example/`, secret: HIDDEN },
        ],
      },
    }
    const key = settings.secrets.key
    for (const flags of [[], ['--json']]) {
      const { code, stdout, stderr } = await run(['config', ...flags], settings, { SINK_KEY: HIDDEN })
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).not.toContain(HIDDEN)
      expect(stdout).not.toContain(key)
      // The secret is there, and only hidden.
      expect(stdout.split('******').length - 1).toBeGreaterThanOrEqual(9)
      expect(stdout).toContain(join(folder, 'secret'))
    }
  })

  test('that are wrong are told by their path, all at once', async () => {
    const { code, stderr } = await run(['config'], {
      identity: { ldap: [ldap], oidc: [{ ...sso, issuer: 'http://sso.example' }], saml: {}, htpasswd: {} },
      network: { push: { allow: ['10.0.0.0/33'] }, pull: { from: [] } },
      rates: { anonymousPulls: { count: -1 }, pushes: { windowSeconds: 0 }, everything: 1 },
      outbound: { allowedPrivate: ['not a host!'] },
      audit: {
        retentionDays: 'long',
        sinks: [
          { ...sink, secret: { file: join(folder, 'none') } },
          { ...sink, name: 'b', type: 'syslog', host: 'h' },
          { name: 'c', type: 'carrier pigeon' },
        ],
      },
    })
    expect(code).toBe(2)
    const told = stderr.split('\n').map(line => line.trim())
    const paths = [
      'identity.ldap.0',
      'identity.oidc.0.issuer',
      'identity.saml',
      'identity.htpasswd.file',
      'network.push.allow.0',
      'network.pull.from',
      'rates.anonymousPulls.count',
      'rates.pushes.windowSeconds',
      'rates.everything',
      'outbound.allowedPrivate.0',
      'audit.retentionDays',
      'audit.sinks.0.secret',
      'audit.sinks.1.port',
      'audit.sinks.2.type',
    ]
    expect(paths.filter(path => !told.some(line => line.startsWith(`${path}: `)))).toEqual([])
    expect(stderr).toContain('cannot be read')
    expect(stderr).not.toContain('    at ')
  })

  test.each([
    ['identity.ldap.0.caFile', { ldap: [{ ...ldap, caFile: '/nowhere/ca.pem', dn: 'uid={name},dc=x' }] }],
    [
      'identity.ldap.0.search.account.password.file',
      { ldap: [{ ...ldap, search: { base: 'dc=x', account: { dn: 'cn=x', password: { file: '/nowhere/secret' } } } }] },
    ],
    ['identity.oidc.0.clientSecret.file', { oidc: [{ ...sso, clientSecret: { file: './empty' } }] }],
    [
      'identity.workload.issuers.0.caFile',
      { workload: { issuers: [{ issuer: 'https://x', kind: 'generic', caFile: './secret' }] } },
    ],
    [
      'identity.certificates.caFile',
      { certificates: { caFile: '/nowhere', identities: [{ from: 'dns', pattern: '*' }] } },
    ],
    ['identity.htpasswd.file', { htpasswd: { file: '/nowhere/htpasswd' } }],
  ])('a file that cannot be used is told when the server starts, in one line: %s', async (path, identity) => {
    const { code, stderr } = await run(['serve'], { identity }, { BERTH_AUTH: 'required' })
    // Beside what is logged.
    const lines = stderr.split('\n').filter(line => line !== '' && !line.startsWith('{'))
    expect({ code, lines: lines.length }).toEqual({ code: 2, lines: 1 })
    expect(lines[0]).toStartWith(`berth: ${path}: `)
  })

  test('a first start that fails has shown the password that it made', async () => {
    const data = join(folder, 'first')
    const files = { htpasswd: { file: '/nowhere/htpasswd' } }
    const { code, stdout } = await run(
      ['serve'],
      { identity: files },
      { BERTH_AUTH: 'required', BERTH_DATA: data, ...(await storeSettings(data)) },
    )
    expect(code).toBe(2)
    expect(stdout).toMatch(/shown only now:\n {2}\S+\n/)
  })
})
