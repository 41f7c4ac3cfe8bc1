import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from '../support/berth-command.ts'
import { sqlOn } from '../support/database.ts'
import { blobOf, imageOf, indexOf, registryClient } from '../support/registry-client.ts'
import { apiOf } from '../support/sign-in.ts'
import { type Berth, startBerth } from '../support/start-berth.ts'
import { dpkg, layerOf, npm, OS_RELEASE, type Pushed, push, pushManifestOf, SCANNING, untilScanned } from './images.ts'

const ADVISORIES = [
  ['CVE-2026-0001', 'left-pad', '1.3.1', 'HIGH'],
  ['CVE-2026-0002', 'left-pad', '2.0.0', 'LOW'],
  ['CVE-2026-0003', 'unranked', '2.0.0', ''],
] as const

const WAITING_LAYER = blobOf('nobody reads it')
const WAITING = imageOf([blobOf('{}'), WAITING_LAYER])

let berth: Berth
let folder: string
let pushed: Pushed
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-scan-'))
  berth = await startBerth({ env: SCANNING })
  for (const [id, name, fixed, severity] of ADVISORIES)
    await Bun.write(
      join(folder, 'advisories', `${id}.json`),
      JSON.stringify({
        id: `GHSA-${id.slice(-4)}`,
        aliases: [id],
        modified: '2026-01-01T00:00:00Z',
        published: '2026-01-01T00:00:00Z',
        affected: [
          {
            package: { ecosystem: 'npm', name },
            ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }],
          },
        ],
        database_specific: { severity },
      }),
    )
  await json('advisories', 'update', '--from', join(folder, 'advisories'))
  const client = registryClient(berth.url)
  pushed = await push(client, 'team/app', 'v1', layerOf(npm('app', 'left-pad', '1.3.0')))
  await push(client, 'team/unranked', 'v1', layerOf(npm('app', 'unranked', '1.0.0')))
  await push(client, 'team/fine', 'v1', layerOf(npm('app', 'left-pad', '2.0.0')))
  await push(
    client,
    'team/unadvised',
    'v1',
    layerOf(
      { name: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' },
      {
        name: 'var/lib/dpkg/status',
        content: 'Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:1.2.13\n\n',
      },
    ),
  )
  await push(client, 'team/broken', 'v1', layerOf({ name: 'a', content: 'b', sizeBytes: 1 << 30 }))
  await pushManifestOf(client, 'team/partly', 'v1', {
    layers: [layerOf(npm('app', 'left-pad', '2.0.0'))],
    layerType: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted',
  })
  await pushManifestOf(client, 'team/chart', 'v1', { layers: [layerOf()], layerType: 'application/vnd.chart' })
})
afterAll(async () => {
  await berth?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const run = (...args: readonly string[]) =>
  berthCommand(berth.dataFolder, args, { BERTH_URL: berth.url, BERTH_USERNAME: 'any', BERTH_PASSWORD: 'body' })
async function json(...args: readonly string[]) {
  const { code, stdout, stderr } = await run(...args, '--json')
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}${stdout}`)
  return JSON.parse(stdout)
}

describe('berth scan', () => {
  test('waits, and tells the findings with all that a pipeline wants to know', async () => {
    const { images, findings } = await json('scan', 'team/app:v1', '--wait')
    expect(images).toMatchObject([{ digest: pushed.image.digest, state: 'read', packages: 1 }])
    expect(findings).toMatchObject([
      {
        id: 'CVE-2026-0001',
        aliases: ['GHSA-0001'],
        ecosystem: 'npm',
        package: 'left-pad',
        version: '1.3.0',
        fixedIn: '1.3.1',
        severity: 'high',
        layer: pushed.layers[0]?.digest,
        path: 'app/node_modules/left-pad/package.json',
      },
      { id: 'CVE-2026-0002', severity: 'low', fixedIn: '2.0.0' },
    ])
  })

  test('ends with 1 when there are findings so severe, with 2 when it could not be scanned, else with 0', async () => {
    for (const [args, code, said] of [
      [['team/app:v1', '--wait', '--fail-on', 'high'], 1, /CVE-2026-0001 +high +left-pad +1.3.0 +1.3.1/],
      [['team/app:v1', '--wait', '--fail-on', 'critical'], 0, /1 packages/],
      [['team/fine:v1', '--wait', '--fail-on', 'unknown'], 0, /No known vulnerabilities/],
      [['team/broken:v1', '--wait'], 2, /failed: /],
      [['team/chart:v1', '--wait'], 2, /unsupported: It is no container image/],
      [['team/app:v1'], 0, /1 to be scanned/],
    ] as const) {
      const { code: ended, stdout } = await run('scan', ...args)
      expect([args, ended, stdout]).toEqual([args, code, expect.stringMatching(said)])
    }
  })

  test('says of which packages nothing is known, and does not let such an image pass', async () => {
    const said = /no advisories for Debian:12: nothing is known of 1 packages/
    expect((await run('scan', 'team/unadvised:v1', '--wait')).stdout).not.toContain('No known vulnerabilities')
    for (const [args, code] of [
      [[], 0],
      [['--fail-on', 'low'], 2],
    ] as const) {
      const { code: ended, stdout } = await run('scan', 'team/unadvised:v1', '--wait', ...args)
      expect([args, ended, stdout]).toEqual([args, code, expect.stringMatching(said)])
    }
  })

  test('says which layer was not read, and does not let such an image pass', async () => {
    for (const [args, code] of [
      [[], 0],
      [['--fail-on', 'low'], 2],
    ] as const) {
      const { code: ended, stdout } = await run('scan', 'team/partly:v1', '--wait', ...args)
      expect([args, ended, stdout]).toEqual([args, code, expect.stringContaining('was not read: it is encrypted')])
    }
  })

  test('tells of findings that nobody ranks, and fails on them when it is told to', async () => {
    const scan = (...args: string[]) => run('scan', 'team/unranked:v1', '--wait', ...args)
    const unranked = await scan('--fail-on', 'low')
    expect([unranked.code, unranked.stdout]).toEqual([
      0,
      expect.stringContaining('Nobody said how severe 1 of them are'),
    ])
    expect((await scan('--fail-on', 'unknown')).code).toBe(1)
    expect((await scan()).stdout).not.toContain('Nobody said')
  })

  test('says what is wrong with what it was asked', async () => {
    for (const [args, said] of [
      [['scan', 'team/app:nothing', '--wait'], 'There is no image'],
      [['scan', 'team/app:v1', '--fail-on', 'high'], '--fail-on needs --wait'],
      [['scan', 'team/app:v1', '--wait', '--fail-on', 'awful'], '"awful" is none of critical'],
      [['sbom', 'team/app:v1', '--format', 'text'], 'neither cyclonedx nor spdx'],
      [['sbom', 'team/chart:v1'], 'no container image'],
      [['sbom', 'team/app:v1', '--platform', 'windows/amd64'], 'platform: is of no use: it is one image'],
      [['sbom', 'team/app:v1', '--output', join(folder, 'nowhere', 'app.json')], 'no such file'],
      [['findings', '--most', '0'], '--most'],
      [['scan', 'localhost:5000/team/app:v1'], "leave the registry's address away, and give team/app:v1"],
      [['findings', 'https://registry.example/team/app:v1'], 'give team/app:v1'],
      [['advisories', 'update', '--from', join(folder, 'nowhere')], '--from: ENOENT'],
      [['packages', 'left-pad', '--range', '<'], 'version'],
    ] as const) {
      const { code, stderr } = await run(...args)
      expect([args, code, stderr]).toEqual([args, 2, expect.stringContaining(said)])
    }
  })
})

test('berth findings tells them wherever they are, by project, repository, severity, fix and id', async () => {
  await untilScanned(apiOf(berth.url), 'team/app', 'v1')
  const ids = async (...args: readonly string[]) =>
    (await json('findings', ...args)).map(({ id }: { id: string }) => id).toSorted()
  expect(await ids('--package', 'left-pad')).toEqual(['CVE-2026-0001', 'CVE-2026-0002'])
  expect(await ids('--project', 'team', '--severity', 'high,critical')).toEqual(['CVE-2026-0001'])
  expect(await ids('--repository', 'team/fine')).toEqual([])
  expect(await ids('--id', 'GHSA-0002', '--fixable')).toEqual(['CVE-2026-0002'])
  expect(await ids('--id', 'cve-2026-0002', '--package', 'Left_Pad')).toEqual(['CVE-2026-0002'])
  expect(await ids('--exploited')).toEqual([])
  expect((await run('findings')).stdout).toMatch(/^REPOSITORY +DIGEST +ID.*\nteam\/app +sha256:/)
})

test('berth findings does not tell of nothing found where nobody looked', async () => {
  const client = registryClient(berth.url)
  const api = apiOf(berth.url)
  for (const name of ['broken', 'partly', 'chart', 'unadvised', 'fine']) await untilScanned(api, `team/${name}`, 'v1')
  for (const [name, code, said] of [
    ['fine', 0, 'No known vulnerabilities.'],
    ['broken', 2, 'its scan failed'],
    ['partly', 2, 'not all of it could be read'],
    ['chart', 2, 'it is no container image'],
    ['unadvised', 2, 'there are no advisories about its packages'],
  ] as const) {
    const { code: ended, stdout } = await run('findings', `team/${name}:v1`)
    expect([name, ended, stdout]).toEqual([name, code, expect.stringContaining(said)])
  }
  await sqlOn(
    berth.dataFolder,
    `insert into inventories (digest, state, attempts, layers, problems) values (?, 'waiting', 0, '[]', '[]')`,
    [WAITING.digest],
  )
  expect(await client.pushBlob('team/waiting', WAITING_LAYER)).toBe(201)
  expect(await client.pushBlob('team/waiting', blobOf('{}'))).toBe(201)
  expect(await client.putManifest('team/waiting', 'v1', WAITING)).toBe(201)
  const { code, stdout } = await run('findings', 'team/waiting:v1')
  expect([code, stdout]).toEqual([2, expect.stringContaining('it is not scanned yet')])
})

test('an address that is not a Berth’s is told to be so', async () => {
  using other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('<html>', { status: 404 }) })
  const environment = { BERTH_URL: `http://127.0.0.1:${other.port}`, BERTH_USERNAME: 'any', BERTH_PASSWORD: 'body' }
  const { code, stderr } = await berthCommand(berth.dataFolder, ['whoami'], environment)
  expect([code, stderr]).toEqual([2, expect.stringContaining('It answered 404, and not as Berth does')])
})

test('lists that are cut say so', async () => {
  await untilScanned(apiOf(berth.url), 'team/app', 'v1')
  for (const args of [['findings'], ['findings', 'team/app:v1'], ['packages', 'left-pad'], ['search']]) {
    const cut = await run(...args, '--most', '1', '--json')
    expect([args, JSON.parse(cut.stdout).length, cut.stderr]).toEqual([
      args,
      1,
      expect.stringContaining('There are more'),
    ])
    expect((await run(...args)).stderr).toBe('')
  }
})

test('berth findings of many images says what suppresses each, as for one', async () => {
  const expires = new Date(Date.now() + 3 * 86_400_000).toISOString()
  const why = ['--owner', 'ada', '--reason', 'known', '--expires', expires]
  await json('exception', 'add', 'cve-2026-0001', 'team', '--package', 'left-pad', ...why)
  const list = await json('findings', '--project', 'team', '--id', 'CVE-2026-0001')
  const another = await run('exception', 'add', 'CVE-2026-0002', 'team', ...why, '--package', 'left-pad')
  expect(another.stdout).toContain('It is about one finding in')
  expect((await run('exception', 'add', 'CVE-2026-9', 'team', ...why)).stdout).toContain('It is about no findings in')
  expect(list).toMatchObject([{ id: 'CVE-2026-0001', suppressed: { by: 'exception', reason: 'known' } }])
  expect((await run('findings', '--project', 'team')).stdout).toMatch(/CVE-2026-0001.*exception: known\n/)
})

test('berth packages tells the images that hold a package before a version', async () => {
  const repositories = async (...args: readonly string[]) =>
    (await json('packages', 'left-pad', ...args)).map(({ repository }: { repository: string }) => repository).toSorted()
  await untilScanned(apiOf(berth.url), 'team/fine', 'v1')
  expect(await repositories()).toEqual(['team/app', 'team/fine'])
  expect(await repositories('--before', '2.0.0')).toEqual(['team/app'])
  expect(await repositories('--range', '>=1.3.1', '--ecosystem', 'npm')).toEqual(['team/fine'])
  expect(await repositories('--ecosystem', 'NPM')).toEqual(['team/app', 'team/fine'])
  expect((await json('packages', 'Left_Pad')).length).toBe(2)
})

test('berth sbom prints the document, or writes it', async () => {
  const { code, stdout } = await run('sbom', 'team/app:v1', '--format', 'spdx')
  expect([code, JSON.parse(stdout).spdxVersion]).toEqual([0, 'SPDX-2.3'])
  const file = join(folder, 'app.cdx.json')
  await json('sbom', 'team/app:v1', '--output', file)
  expect((await Bun.file(file).json()).specVersion).toBe('1.6')
})

test('berth findings of an index tells which of its images nobody judged', async () => {
  const client = registryClient(berth.url)
  const index = indexOf([pushed.image, WAITING])
  for (const blob of [...pushed.layers, blobOf('{}')]) await client.pushBlob('team/both', blob)
  await push(client, 'team/both', 'one', ...pushed.layers)
  for (const blob of [WAITING_LAYER, blobOf('{}')]) await client.pushBlob('team/both', blob)
  for (const [tag, document] of [
    ['other', WAITING],
    ['both', index],
  ] as const)
    expect(await client.putManifest('team/both', tag, document)).toBe(201)
  await untilScanned(apiOf(berth.url), 'team/both', 'one')
  const { code, stdout, stderr } = await run('findings', 'team/both:both')
  expect([code, stderr]).toEqual([2, `Not all is known: ${WAITING.digest}: it is not scanned yet.\n`])
  expect(stdout).toContain('CVE-2026-0001')
})

test('berth findings says of which packages nothing is known, where of others it is', async () => {
  const client = registryClient(berth.url)
  await push(
    client,
    'team/mixed',
    'v1',
    layerOf(OS_RELEASE, dpkg('libc6 2.36-9')),
    layerOf(npm('app', 'left-pad', '2.0.0')),
  )
  await untilScanned(apiOf(berth.url), 'team/mixed', 'v1')
  const { code, stdout } = await run('findings', 'team/mixed:v1')
  expect([code, stdout]).toEqual([
    0,
    'No known vulnerabilities. There are no advisories about 1 of Debian:12: nothing is known of these packages.\n',
  ])
})
