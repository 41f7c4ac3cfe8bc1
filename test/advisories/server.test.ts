import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { berthCommand } from '../support/berth-command.ts'
import { sqlOn } from '../support/database.ts'
import { blobOf, registryClient } from '../support/registry-client.ts'
import { ADMIN, type Api, apiOf, auditOf, basicOf, startClosed, until, userOf } from '../support/sign-in.ts'
import type { Berth } from '../support/start-berth.ts'
import { image, startShop } from '../vulnerability-policy/shop.ts'
import { osv } from './store.ts'
import { zipOf } from './zip.ts'

const REQUESTS = osv('PYSEC-2018-28', 'PyPI', 'requests', [{ introduced: '0' }, { fixed: '2.20.0' }], {
  aliases: ['CVE-2018-18074'],
  database_specific: { severity: 'CRITICAL' },
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-advisories-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A package that an image of its own holds. */
async function seed(berth: Berth, name: string, version: string, digest: string, images = 1): Promise<void> {
  const sql = (statement: string, parameters: (string | number)[] = []) =>
    sqlOn(berth.dataFolder, statement, parameters)
  const purl = `pkg:pypi/${name}@${version}`
  const [made] = await sql(
    `insert into packages (identity, ecosystem, name, version, purl, licences, matched_at) values (?, 'PyPI', ?, ?, ?, '[]', 1)
      returning id`,
    [purl, name, version, purl],
  )
  const hold = async (held: string) => {
    const [inventory] = await sql(
      `insert into inventories (digest, state, attempts, layers, problems, made_at) values (?, 'read', 0, '[]', '[]', 1) returning id`,
      [held],
    )
    await sql(`insert into inventory_packages (inventory_id, position, package_id, path) values (?, 0, ?, 'x')`, [
      Number(inventory?.id),
      Number(made?.id),
    ])
  }
  await hold(digest)
  if (images === 1) return
  // Other images, which hold something else.
  const others = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${images - 1})`
  await sql(
    `insert into packages (identity, ecosystem, name, version, purl, licences, matched_at)
      ${others} select 'other' || i, 'PyPI', 'other' || i, '1.0', 'pkg:pypi/other' || i, '[]', 1 from n`,
  )
  await sql(
    `insert into inventories (digest, state, attempts, layers, problems, made_at)
      ${others} select 'sha256:other' || i, 'read', 0, '[]', '[]', 1 from n`,
  )
  await sql(
    `insert into inventory_packages (inventory_id, position, package_id, path)
      select v.id, 0, p.id, 'x' from packages as p join inventories as v on v.digest = 'sha256:' || p.identity
      where p.identity like 'other%'`,
  )
}

test('an advisory for a package in one of 10,000 images is a finding, an event and a refused pull, and no blob is read', async () => {
  await using shop = await startShop()
  const { berth, admin } = shop
  const bad = image('bad')
  const good = image('good')
  await shop.seed(good.digest, [])
  await seed(berth, 'requests', '2.19.0', bad.digest, 10_000)
  await shop.push('shop/web', 'bad', bad)
  await shop.push('shop/web', 'good', good)
  await shop.policy({ mode: 'enforce', rules: [{ name: 'critical', when: { severityAtLeast: 'critical' } }] })
  expect((await shop.pull('shop/web', 'bad')).status).toBe(200)
  // Nothing of what an image is made of is there to be read any more.
  await rm(join(berth.dataFolder, 'blobs'), { recursive: true, force: true })
  const file = join(folder, 'PYSEC-2018-28.json')
  await writeFile(file, JSON.stringify(REQUESTS))
  const { code, stdout } = await berthCommand(berth.dataFolder, ['advisories', 'update', '--from', file, '--json'], {
    BERTH_URL: berth.url,
    BERTH_USERNAME: ADMIN.name,
    BERTH_PASSWORD: ADMIN.password,
  })
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    {
      sources: [{ source: 'osv:folder', outcome: 'used', records: 1, changed: 1 }],
      skipped: [],
      matched: { packages: 1, found: 1, ended: 0 },
    },
  ])
  expect(await shop.pull('shop/web', 'bad')).toMatchObject({ status: 403, code: 'DENIED' })
  expect((await shop.pull('shop/web', bad.digest)).message).toContain('CVE-2018-18074')
  expect((await shop.pull('shop/web', 'good')).status).toBe(200)
  const { body } = await admin('GET', '/findings?id=PYSEC-2018-28')
  expect(body.items).toMatchObject([{ repository: 'shop/web', digest: bad.digest, id: 'CVE-2018-18074' }])
  const told = (await auditOf(berth)).filter(({ type }) => type === 'finding.new')
  expect(told).toMatchObject([
    { resource: { repository: 'shop/web', digest: bad.digest }, detail: { vulnerabilities: ['CVE-2018-18074'] } },
  ])
})

describe('a server with addresses to ask', () => {
  let berth: Berth
  let admin: Api
  const asked: string[] = []
  /** What is published, by its path. */
  const published = new Map<string, { readonly body: Uint8Array; readonly etag: string; readonly isCut?: boolean }>()
  const origin = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      const { pathname } = new URL(request.url)
      asked.push(pathname)
      const found = published.get(decodeURIComponent(pathname))
      if (!found) return new Response('no', { status: 404 })
      if (request.headers.get('If-None-Match') === found.etag) return new Response(null, { status: 304 })
      return new Response(found.isCut ? found.body.slice(0, found.body.length - 40) : found.body, {
        headers: { ETag: found.etag },
      })
    },
  })
  const environment = () => ({
    BERTH_URL: berth.url,
    BERTH_USERNAME: ADMIN.name,
    BERTH_PASSWORD: ADMIN.password,
  })
  const berthAs = (...args: readonly string[]) => berthCommand(berth.dataFolder, args, environment())
  const update = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await berthAs('advisories', 'update', ...args, '--json')
    return { code, stderr, ...(stdout === '' ? {} : JSON.parse(stdout)) }
  }

  beforeAll(async () => {
    const config = join(folder, 'berth.yaml')
    const at = (path: string) => `http://127.0.0.1:${origin.port}${path}`
    await writeFile(
      config,
      JSON.stringify({
        advisories: {
          sources: [
            { name: 'osv', url: at('/{ecosystem}/all.zip') },
            { name: 'epss', url: at('/epss.csv.gz') },
          ],
        },
        outbound: { allowedPrivate: ['127.0.0.0/8'] },
      }),
    )
    berth = await startClosed({ BERTH_CONFIG: config })
    admin = apiOf(berth.url, ADMIN)
    await seed(berth, 'requests', '2.19.0', `sha256:${'a'.repeat(64)}`)
    await admin('POST', '/account/tokens', { name: 'any', lifetimeDays: 1 })
  })
  afterAll(async () => {
    await berth?.[Symbol.asyncDispose]()
    await origin.stop(true)
  })

  const findings = async () =>
    (await sqlOn(berth.dataFolder, 'select vulnerability from package_findings where ended_at is null')).map(
      row => row.vulnerability,
    )

  test('asks for the ecosystems that are there, and only for what is newer', async () => {
    expect(await berthAs('advisories', 'status', '--fail-if-stale')).toMatchObject({
      code: 1,
      stdout: 'There are none.\n',
    })
    published.set('/PyPI/all.zip', { body: zipOf({ 'PYSEC-2018-28.json': JSON.stringify(REQUESTS) }), etag: '"1"' })
    const scores = 'cve,epss,percentile\nCVE-2018-18074,0.25,0.9\n'
    published.set('/epss.csv.gz', { body: gzipSync(scores), etag: '"1"' })
    expect(await update()).toMatchObject({
      code: 0,
      sources: [
        { source: 'osv:PyPI', outcome: 'used', records: 1, changed: 1 },
        { source: 'epss', outcome: 'used', records: 1 },
      ],
      matched: { packages: 1, found: 1, ended: 0 },
    })
    expect(asked).toEqual(['/PyPI/all.zip', '/epss.csv.gz'])
    expect(await findings()).toEqual(['CVE-2018-18074'])
    expect((await update()).sources).toEqual([
      { source: 'osv:PyPI', outcome: 'unchanged' },
      { source: 'epss', outcome: 'unchanged' },
    ])
    const { code, stdout } = await berthAs('advisories', 'status', '--fail-if-stale')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/osv:PyPI +1 +0 min +fresh +http:/)])
    const shown = await berthAs('advisories', 'show', 'CVE-2018-18074')
    expect(shown.stdout).toContain('PYSEC-2018-28 (osv:PyPI)')
    expect(shown.stdout).toContain('PyPI requests: introduced 0, fixed 2.20.0')
    expect((await berthAs('advisories', 'show', 'CVE-1')).code).toBe(2)
    const found = await admin('GET', '/advisories?ecosystem=PyPI&package=requests')
    expect(found.body.items).toMatchObject([{ id: 'PYSEC-2018-28', severity: 'critical' }])
    expect((await admin('GET', '/advisories')).status).toBe(400)
  })

  test('what comes broken, or half, or not at all leaves what there was', async () => {
    const whole = zipOf({ 'X.json': JSON.stringify(osv('X-1', 'PyPI', 'flask', [{ introduced: '0' }])) })
    for (const [body, isCut] of [
      [whole, true],
      [zipOf({ 'X.json': '{"id": "X-1", "affected": [' }), false],
      [whole.map((byte, at) => (at === 40 ? byte ^ 1 : byte)), false],
      [zipOf({}), false],
      [new TextEncoder().encode('<html>Sign in</html>'), false],
    ] as const) {
      published.set('/PyPI/all.zip', { body, etag: '"2"', isCut })
      const { code, sources } = await update('--source', 'osv')
      expect({ code, sources }).toMatchObject({ code: 1, sources: [{ source: 'osv:PyPI', outcome: 'failed' }] })
      expect(await findings()).toEqual(['CVE-2018-18074'])
    }
    published.delete('/PyPI/all.zip')
    expect((await update()).sources[0].problem).toContain('answered 404')
    const status = await admin('GET', '/advisories/sources')
    expect(status.body.items.find(({ id }: { id: string }) => id === 'osv:PyPI')).toMatchObject({
      records: 1,
      problem: expect.stringContaining('404'),
    })
    published.set('/PyPI/all.zip', { body: whole, etag: '"3"' })
    expect(await update()).toMatchObject({ code: 0, matched: { packages: 1, found: 0, ended: 1 } })
    expect(await findings()).toEqual([])
  })

  test('a folder that was carried there counts as what its files say they are', async () => {
    const carried = join(folder, 'carried')
    await mkdir(join(carried, 'PyPI'), { recursive: true })
    await writeFile(join(carried, 'PyPI', 'all.zip'), zipOf({ 'PYSEC-2018-28.json': JSON.stringify(REQUESTS) }))
    await writeFile(join(carried, 'README.md'), '# What this is\n')
    await writeFile(
      join(carried, 'kev.json'),
      JSON.stringify({ catalogVersion: '1', vulnerabilities: [{ cveID: 'CVE-2018-18074', dateAdded: '2026-01-01' }] }),
    )
    expect(await update('--from', carried)).toMatchObject({
      code: 0,
      sources: [
        { source: 'osv:PyPI', outcome: 'used' },
        { source: 'kev', outcome: 'used' },
      ],
      skipped: ['README.md'],
      matched: { found: 1 },
    })
    expect((await berthAs('advisories', 'update', '--from', join(folder, 'nowhere'))).stderr).toContain('no such file')
    await writeFile(join(carried, 'zz.json'), '{')
    const broken = await berthAs('advisories', 'update', '--from', carried)
    expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining('zz.json: ')])
    const updates = (await auditOf(berth)).filter(({ type }) => type === 'advisories.update')
    expect(updates.at(-1)).toMatchObject({ actor: { name: ADMIN.name }, detail: { from: 'files', files: 4 } })
    const { body } = await admin('GET', '/advisories/sources')
    expect(body.items.every(({ isStale }: { isStale: boolean }) => !isStale)).toBe(true)
    const metrics = await fetch(`${berth.url}/metrics`, { headers: { Authorization: basicOf(ADMIN) } })
    expect(await metrics.text()).toContain('berth_advisories_records{source="osv:PyPI"} 1')
  })

  test('an artifact in this registry is taken in by its name', async () => {
    const client = registryClient(berth.url, { Authorization: basicOf(ADMIN) })
    await admin('POST', '/projects', { name: 'security' })
    const zip = blobOf(zipOf({ 'PYSEC-2018-28.json': JSON.stringify({ ...REQUESTS, summary: 'Told anew' }) }))
    const config = blobOf('{}')
    for (const blob of [zip, config]) await client.pushBlob('security/advisories', blob)
    const layer = { mediaType: 'application/zip', digest: zip.digest, size: zip.bytes.length }
    const manifest = (artifactType: string) => ({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: config.digest, size: 2 },
      layers: [{ ...layer, annotations: { 'org.opencontainers.image.title': 'PyPI.zip' } }],
    })
    const push = (tag: string, artifactType: string) =>
      fetch(`${berth.url}/v2/security/advisories/manifests/${tag}`, {
        method: 'PUT',
        headers: { Authorization: basicOf(ADMIN), 'Content-Type': 'application/vnd.oci.image.manifest.v1+json' },
        body: JSON.stringify(manifest(artifactType)),
      })
    expect((await push('today', 'application/vnd.berth.advisories.v1')).status).toBe(201)
    expect((await push('other', 'application/vnd.example')).status).toBe(201)
    expect(await update('--from', 'oci:security/advisories:today')).toMatchObject({
      code: 0,
      sources: [{ source: 'osv:PyPI', outcome: 'used', records: 1, changed: 1 }],
    })
    expect((await berthAs('advisories', 'show', 'CVE-2018-18074')).stdout).toContain('Told anew')
    expect(await update('--from', 'oci:security/advisories:other')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('application/vnd.example'),
    })
    expect(await update('--from', 'oci:security/advisories:none')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no artifact'),
    })
  })

  test('only who manages the registry updates, and only bytes of the right kind are taken', async () => {
    const eve = await userOf(admin, 'eve')
    await until(async () => (await apiOf(berth.url, eve)('GET', '/account')).status === 200)
    const send = (headers: Record<string, string>, body: string) =>
      fetch(`${berth.url}/api/v1/advisories/uploads`, { method: 'POST', headers, body })
    expect((await send({ Authorization: basicOf(eve), 'Content-Type': 'application/x-tar' }, 'x')).status).toBe(403)
    const admins = { Authorization: basicOf(ADMIN) }
    expect((await send({ ...admins, 'Content-Type': 'application/json' }, '{}')).status).toBe(415)
    expect((await send({ ...admins, 'Content-Type': 'application/x-tar' }, 'no tar file')).status).toBe(400)
    expect((await admin('POST', '/advisories/updates', { source: 'nowhere' })).status).toBe(404)
  })
})
