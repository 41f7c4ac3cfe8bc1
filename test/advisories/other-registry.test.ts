import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { $ } from 'bun'
import { berthCommand } from '../support/berth-command.ts'
import { createAuthority } from '../support/certificates.ts'
import { sqlOn } from '../support/database.ts'
import { ADMIN, apiOf, type Caller, startClosed, userOf } from '../support/sign-in.ts'
import { type Berth, freePort } from '../support/start-berth.ts'
import { untilListening } from '../support/until-listening.ts'
import { describeWithTools, needTool, toolPath } from '../tools/find-tools.ts'
import { osv } from './store.ts'
import { zipOf } from './zip.ts'

const TYPE = 'application/vnd.berth.advisories.v1'
const INSIDE = { allowedPrivate: ['127.0.0.0/8'] }
const record = (id: string) => osv(id, 'PyPI', 'requests', [{ introduced: '0' }])

describeWithTools('interop', 'advisories of another registry', ['oras', 'registry'].map(needTool), () => {
  let folder: string
  let other: Berth
  let reader: Caller
  const stack = new AsyncDisposableStack()
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-elsewhere-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    other = stack.use(await startClosed())
    const admin = apiOf(other.url, ADMIN)
    await admin('POST', '/projects', { name: 'security' })
    reader = await userOf(admin, 'reader')
    await admin('POST', '/projects/security/members', { subject: { kind: 'user', name: reader.name }, role: 'reader' })
    await writeFile(join(folder, 'password'), `${reader.password}\n`)
  })
  afterAll(() => stack.disposeAsync())

  /** Pushes what is published with the real client. */
  const push = async (
    to: string,
    files: Readonly<Record<string, Uint8Array>>,
    { who = ADMIN as Caller, type = TYPE } = {},
  ) => {
    const place = await mkdtemp(join(folder, 'push-'))
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(place, name), bytes)
    const login = ['--username', who.name, '--password', who.password]
    const flags = ['--plain-http', ...login, '--artifact-type', type, '--format', 'json']
    return (await $`${toolPath('oras')} push ${flags} ${to} ${Object.keys(files)}`.cwd(place).json()) as {
      digest: string
    }
  }
  /** A registry that takes its advisories from these sources, with a package that some are about. */
  const taker = async (sources: readonly object[], outbound: object = INSIDE) => {
    const place = await mkdtemp(join(folder, 'taker-'))
    const config = join(place, 'berth.yaml')
    await writeFile(config, JSON.stringify({ advisories: { sources, intervalSeconds: 0 }, outbound }))
    const berth = stack.use(await startClosed({ BERTH_CONFIG: config }))
    await sqlOn(
      berth.dataFolder,
      `insert into packages (identity, ecosystem, name, version, purl, licences, matched_at)
        values ('requests', 'PyPI', 'requests', '2.19.0', 'pkg:pypi/requests@2.19.0', '[]', 1)`,
    )
    const environment = { BERTH_URL: berth.url, BERTH_USERNAME: ADMIN.name, BERTH_PASSWORD: ADMIN.password }
    const update = async () => {
      const { code, stdout } = await berthCommand(berth.dataFolder, ['advisories', 'update', '--json'], environment)
      return { code, ...(JSON.parse(stdout) as { sources: { outcome: string; problem?: string }[] }) }
    }
    const findings = async () =>
      (await sqlOn(berth.dataFolder, 'select vulnerability from package_findings where ended_at is null')).map(
        row => row.vulnerability,
      )
    return { berth, update, findings }
  }
  /** Stands before the other registry, and asks it as the reader. */
  const between = (meddle: (path: string, body: Uint8Array) => void, tls?: { cert: string; key: string }) => {
    const middle = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      ...(tls ? { tls } : {}),
      async fetch(request) {
        const { pathname } = new URL(request.url)
        const headers = { Authorization: `Basic ${btoa(`${reader.name}:${reader.password}`)}`, Accept: '*/*' }
        const answer = await fetch(`${other.url}${pathname}`, { headers })
        const body = await answer.bytes()
        meddle(pathname, body)
        const passed = ['Content-Type', 'Docker-Content-Digest'].flatMap(name => {
          const value = answer.headers.get(name)
          return value === null ? [] : [[name, value] as [string, string]]
        })
        return new Response(body, { status: answer.status, headers: passed })
      },
    })
    stack.defer(() => middle.stop(true))
    return middle
  }
  const zip = (...ids: readonly string[]) =>
    zipOf(Object.fromEntries(ids.map(id => [`${id}.json`, JSON.stringify(record(id))])))

  test('are pulled with a token, verified, and not read again while the artifact is the same', async () => {
    const place = `${other.host}/security/advisories:today`
    await push(place, { 'PyPI.zip': zip('A-1'), 'more.zip': zip('A-2') })
    const password = { file: join(folder, 'password') }
    const source = { name: 'carried', url: `oci+http://${place}`, username: reader.name, password }
    const { berth, update, findings } = await taker([source])
    expect(await update()).toMatchObject({
      code: 0,
      sources: [{ source: 'carried', outcome: 'used', records: 2, changed: 2 }],
      matched: { found: 2 },
    })
    expect((await findings()).toSorted()).toEqual(['A-1', 'A-2'])
    const pulls = () => other.log().split('/v2/security/advisories/blobs/').length
    const before = pulls()
    expect((await update()).sources).toEqual([{ source: 'carried', outcome: 'unchanged' } as never])
    expect(pulls()).toBe(before)
    await push(place, { 'PyPI.zip': zip('A-3') })
    expect(await update()).toMatchObject({ code: 0, matched: { found: 1, ended: 2 } })
    expect(await findings()).toEqual(['A-3'])
    expect(berth.log()).not.toContain(reader.password)
    const { body } = await apiOf(berth.url, ADMIN)('GET', '/advisories/sources')
    expect(body.items).toMatchObject([{ id: 'carried', origin: source.url, records: 1 }])
  })

  test('come from distribution too, which asks for a password in the basic way', async () => {
    const port = freePort()
    const [who, data] = [{ name: 'ada', password: 'correct horse' }, join(folder, 'distribution')]
    await mkdir(data)
    await writeFile(
      join(folder, 'htpasswd'),
      `ada:${await Bun.password.hash(who.password, { algorithm: 'bcrypt', cost: 4 })}\n`,
    )
    await writeFile(
      join(folder, 'distribution.yml'),
      JSON.stringify({
        version: '0.1',
        storage: { filesystem: { rootdirectory: data } },
        http: { addr: `127.0.0.1:${port}` },
        auth: { htpasswd: { realm: 'distribution', path: join(folder, 'htpasswd') } },
        log: { level: 'error' },
      }),
    )
    const server = Bun.spawn([toolPath('registry'), 'serve', join(folder, 'distribution.yml')], {
      stdout: 'ignore',
      stderr: 'ignore',
    })
    stack.defer(async () => {
      server.kill()
      await server.exited
    })
    await untilListening(port)
    const place = `127.0.0.1:${port}/advisories`
    const { digest } = await push(`${place}:today`, { 'PyPI.zip': zip('D-1') }, { who })
    const url = `oci+http://${place}@${digest}`
    const { update, findings } = await taker([{ name: 'carried', url, username: who.name, password: who.password }])
    expect(await update()).toMatchObject({ code: 0, sources: [{ outcome: 'used', records: 1 }] })
    expect(await findings()).toEqual(['D-1'])
  })

  test('that cannot be had are told why, and leave what there was', async () => {
    const at = (name: string) => `oci+http://${other.host}/security/${name}`
    const mine = { username: reader.name, password: reader.password }
    await push(`${other.host}/security/kind:v1`, { 'PyPI.zip': zip('B-1') }, { type: 'application/vnd.example' })
    await push(`${other.host}/security/kind:v2`, { 'PyPI.zip': new TextEncoder().encode('no zip') })
    const { update, findings } = await taker([
      { name: 'missing', url: at('advisories:never'), ...mine },
      { name: 'nobody', url: at('advisories:today') },
      { name: 'wrong', url: at('advisories:today'), username: reader.name, password: 'not this one' },
      { name: 'kind', url: at('kind:v1'), ...mine },
      { name: 'broken', url: at('kind:v2'), ...mine },
    ])
    const { code, sources } = await update()
    expect(code).toBe(1)
    const told = Object.fromEntries(
      sources.map(({ source, problem }: { source?: string; problem?: string }) => [source, problem]),
    )
    expect(told).toEqual({
      missing: expect.stringContaining('answered 404 for manifests/never'),
      nobody: expect.stringContaining('it wants a username and a password'),
      wrong: expect.stringContaining('gives no token for this name and password'),
      kind: expect.stringContaining('is of the type application/vnd.example'),
      broken: expect.stringContaining('no advisories in any format'),
    })
    expect(await findings()).toEqual([])
  })

  test('are not what somebody on the way made of them', async () => {
    const place = `${other.host}/security/advisories:told`
    const bytes = zip('C-1')
    await push(place, { 'PyPI.zip': bytes })
    let lies: 'no' | 'blob' | 'manifest' = 'no'
    const middle = between((path, body) => {
      if (lies !== 'no' && path.includes(`/${lies}s/`)) body[body.length - 3] = (body[body.length - 3] as number) ^ 1
    })
    const { update, findings } = await taker([
      { name: 'carried', url: `oci+http://127.0.0.1:${middle.port}/security/advisories:told` },
    ])
    for (const lie of ['blob', 'manifest'] as const) {
      lies = lie
      const { sources } = await update()
      expect(sources).toMatchObject([{ outcome: 'failed', problem: expect.stringContaining('sent other bytes') }])
      expect(await findings()).toEqual([])
    }
    lies = 'no'
    expect((await update()).sources).toMatchObject([{ outcome: 'used' }])
    lies = 'blob'
    await push(place, { 'PyPI.zip': zip('C-2') })
    expect((await update()).sources).toMatchObject([{ outcome: 'failed' }])
    expect(await findings()).toEqual(['C-1'])
  })

  test('come over TLS, by an authority of that registry alone, too', async () => {
    await push(`${other.host}/security/advisories:sealed`, { 'PyPI.zip': zip('E-1') })
    const authority = stack.use(await createAuthority())
    const pair = await authority.issue('/CN=registry', ['subjectAltName=IP:127.0.0.1'])
    const [cert, key] = [await Bun.file(pair.certificate).text(), await Bun.file(pair.key).text()]
    const middle = between(() => undefined, { cert, key })
    const url = `oci://127.0.0.1:${middle.port}/security/advisories:sealed`
    const { update, findings } = await taker([
      { name: 'unknown', url },
      { name: 'known', url, caFile: authority.file },
    ])
    const { sources } = await update()
    expect(sources).toMatchObject([{ outcome: 'failed' }, { outcome: 'used', records: 1 }])
    expect(await findings()).toEqual(['E-1'])
  })

  test('are not set up so that a password goes in the clear', async () => {
    const sources = [{ name: 'clear', url: 'oci+http://registry.example/a:b', username: 'ada', password: 'x' }]
    await expect(taker(sources)).rejects.toThrow('oci+http:// on this machine only')
  })

  test('are not asked for at an inside address that was not allowed', async () => {
    const { update } = await taker([{ name: 'inside', url: `oci+http://${other.host}/security/advisories:today` }], {})
    expect((await update()).sources).toMatchObject([
      { outcome: 'failed', problem: expect.stringContaining('outbound.allowedPrivate') },
    ])
  })
})
