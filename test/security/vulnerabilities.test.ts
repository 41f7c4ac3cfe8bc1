import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { tarOf } from '../inventory/tar.ts'
import { dpkg, layerOf, OS_RELEASE, push, SCANNING, untilScanned } from '../scanning/images.ts'
import { sqlOn } from '../support/database.ts'
import {
  type Bytes,
  blobOf,
  type Document,
  INDEX,
  indexOf,
  type RegistryClient,
  registryClient,
} from '../support/registry-client.ts'
import { ADMIN, apiOf, basicOf, until, userOf } from '../support/sign-in.ts'
import { image, type Shop, startShop } from '../vulnerability-policy/shop.ts'

/** A registry that scans, whose project shop refuses what is critical and what was not scanned. */
let shop: Shop
let client: RegistryClient
const BAD = layerOf(OS_RELEASE, dpkg('openssl 3.0.1-1'))
const GOOD = layerOf(OS_RELEASE, dpkg('bash 5.2'))
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const OCI = 'application/vnd.oci.image.manifest.v1+json'
const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json'
const SBOM = 'application/vnd.cyclonedx+json'
const config = blobOf(JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: {}, config: {} }))
const POLICY = {
  mode: 'enforce',
  rules: [
    { name: 'critical', when: { severityAtLeast: 'critical' } },
    { name: 'scanned', when: { isUnscanned: 'images' } },
  ],
  waitSeconds: 30,
}

beforeAll(async () => {
  shop = await startShop(SCANNING)
  client = registryClient(shop.berth.url, { Authorization: basicOf(ADMIN) })
  await advise({ 'DEBIAN-CVE-2026-1': ['Debian:12', 'openssl'], 'NPM-2026-1': ['npm', 'left-pad'] })
  await shop.policy(POLICY)
})
afterAll(() => shop?.[Symbol.asyncDispose]())

/** Advisories that name these packages in all versions. */
async function advise(packages: Readonly<Record<string, readonly [string, string]>>): Promise<void> {
  const files = Object.entries(packages).map(([id, [ecosystem, name]]) => {
    const ranges = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }]
    const affected = [{ package: { ecosystem, name }, ranges }]
    const head = { schema_version: '1.6.0', id, modified: new Date().toISOString() }
    const record = { ...head, affected, database_specific: { severity: 'CRITICAL' } }
    return { name: `${id}.json`, content: JSON.stringify(record) }
  })
  const response = await fetch(`${shop.berth.url}/api/v1/advisories/uploads`, {
    method: 'POST',
    headers: { Authorization: basicOf(ADMIN), 'Content-Type': 'application/x-tar' },
    body: new Uint8Array(tarOf(...files)),
  })
  const told = await response.text()
  if (!told.includes('"used"')) throw new Error(`The advisories were not taken: ${told}`)
}

const described = ({ digest, bytes }: Bytes, mediaType: string) => ({ mediaType, digest, size: bytes.length })

/** Pushes its blobs first; what has none is named and not there. */
async function pushDocument(
  repository: string,
  tag: string,
  layers: readonly (readonly [Bytes, string])[],
  more: object = {},
): Promise<Document> {
  for (const blob of [config, ...layers.map(([layer]) => layer)]) await client.pushBlob(repository, blob)
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI,
    config: described(config, CONFIG),
    layers: layers.map(([layer, mediaType]) => described(layer, mediaType)),
    ...more,
  }
  return put(repository, tag, manifest)
}

async function put(repository: string, tag: string, manifest: { readonly mediaType: string }): Promise<Document> {
  const document: Document = { ...blobOf(JSON.stringify(manifest)), mediaType: manifest.mediaType, needs: [] }
  const status = await client.putManifest(repository, tag, document)
  if (status !== 201) throw new Error(`The push was answered with ${status}.`)
  return document
}

function vexOf(name: string, product: string) {
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://bank.example/vex',
    author: 'bank',
    timestamp: new Date(0).toISOString(),
    statements: [{ vulnerability: { name }, products: [{ '@id': product }], status: 'not_affected' }],
  }
}

const refusedFor = (text: string) => ({ status: 403, code: 'DENIED', message: expect.stringContaining(text) })

describe('a vulnerable image is refused', () => {
  test('though an SBOM that says otherwise is among its layers', async () => {
    const sbom = blobOf(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components: [] }))
    const { image: other } = await push(client, 'shop/disguised', 'other', GOOD)
    const layers = [[BAD, LAYER] as const, [sbom, SBOM] as const]
    await pushDocument('shop/disguised', 'sbom', layers, { subject: described(other, OCI) })
    expect(await shop.pull('shop/disguised', 'sbom')).toMatchObject(refusedFor('CVE-2026-1'))
  })

  test('though it says that the registry made it', async () => {
    await pushDocument('shop/disguised', 'made', [[BAD, LAYER]], { annotations: { 'dev.berth.sbom': 'yes' } })
    expect(await shop.pull('shop/disguised', 'made')).toMatchObject(refusedFor('CVE-2026-1'))
  })

  test('whatever its config is called, as far as Docker runs it', async () => {
    for (const [at, type] of ['application/json', 'application/octet-stream', 'text/html'].entries()) {
      const more = { mediaType: OCI, config: described(config, type) }
      await pushDocument('shop/disguised', `config-${at}`, [[BAD, LAYER]], more)
      expect([type, await shop.pull('shop/disguised', `config-${at}`)]).toMatchObject([type, refusedFor('CVE-2026-1')])
    }
    const more = { mediaType: DOCKER, config: described(config, 'application/x-whatever') }
    const layer = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
    await pushDocument('shop/disguised', 'docker', [[BAD, layer]], more)
    expect(await shop.pull('shop/disguised', 'docker')).toMatchObject(refusedFor('CVE-2026-1'))
  })

  test('while nobody has looked at it, though it is attached to another or calls itself an artifact', async () => {
    await shop.policy({ ...POLICY, waitSeconds: 0 })
    const { image: subject } = await push(client, 'shop/waiting', 'subject', GOOD)
    const tricks = { attached: { subject: described(subject, OCI) }, artifact: { artifactType: 'application/x-chart' } }
    for (const [tag, more] of Object.entries(tricks)) {
      const manifest = { schemaVersion: 2, mediaType: OCI, config: described(config, CONFIG), layers: [], ...more }
      const withLayer = { ...manifest, layers: [described(BAD, LAYER)] }
      await client.pushBlob('shop/waiting', BAD)
      // Its turn never comes.
      await sqlOn(
        shop.berth.dataFolder,
        `insert into inventories (digest, state, attempts, layers, problems) values (?, 'waiting', 0, '[]', '[]')`,
        [blobOf(JSON.stringify(withLayer)).digest],
      )
      await put('shop/waiting', tag, withLayer)
      expect([tag, await shop.pull('shop/waiting', tag)]).toMatchObject([tag, refusedFor('is not scanned yet')])
    }
    await shop.policy(POLICY)
  })

  test('in an index in an index, as those say who look at it before they pull', async () => {
    const { image: bad } = await push(client, 'shop/nested', 'bad', BAD)
    const attested = {
      annotations: { 'vnd.docker.reference.type': 'x' },
      platform: { os: 'linux', architecture: 'amd64' },
    }
    const inner = { schemaVersion: 2, mediaType: INDEX, manifests: [{ ...described(bad, OCI), ...attested }] }
    const index = await put('shop/nested', 'inner', inner)
    await put('shop/nested', 'outer', { ...inner, manifests: [described(index, INDEX)] } as typeof inner)
    await untilScanned(shop.admin, 'shop/nested', 'bad')
    expect(await shop.pull('shop/nested', 'outer')).toMatchObject(refusedFor('CVE-2026-1'))
    const { body } = await shop.admin('GET', '/images/findings?repository=shop/nested&reference=outer')
    expect(body.items).toMatchObject([{ digest: bad.digest, id: 'CVE-2026-1' }])
  })

  test('by the name that its repository had before', async () => {
    await push(client, 'shop/old', 'v1', BAD)
    const renamed = { repository: 'shop/old', to: 'shop/new' }
    expect((await shop.admin('POST', '/projects/shop/rename-repository', renamed)).status).toBe(200)
    for (const name of ['shop/old', 'shop/new'])
      expect([name, await shop.pull(name, 'v1')]).toMatchObject([name, refusedFor('CVE-2026-1')])
  })
})

describe('an image counts as not scanned', () => {
  test('when one of its layers could not be read', async () => {
    const away = blobOf('nobody has these bytes')
    const foreign = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'
    const encrypted = 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted'
    for (const [tag, type, reason] of [
      ['foreign', foreign, 'does not hold it'],
      ['encrypted', encrypted, 'it is encrypted'],
      ['unknown', 'application/x-unknown', 'which is none of a file system'],
    ] as const) {
      const layers = [
        [GOOD, LAYER],
        [tag === 'foreign' ? GOOD : away, tag === 'foreign' ? LAYER : type],
      ] as const
      const more = { layers: [described(GOOD, LAYER), described(away, type)] }
      await pushDocument('shop/partly', tag, layers, more)
      await untilScanned(shop.admin, 'shop/partly', tag)
      expect([tag, await shop.pull('shop/partly', tag)]).toMatchObject([tag, refusedFor(reason)])
    }
  })

  test('when its package manager’s database cannot be read', async () => {
    const database = { name: 'var/lib/rpm/Packages.db', content: 'RpmP and then nothing' }
    await push(client, 'shop/broken', 'v1', layerOf(OS_RELEASE, database))
    await untilScanned(shop.admin, 'shop/broken', 'v1')
    expect(await shop.pull('shop/broken', 'v1')).toMatchObject(refusedFor('Packages.db" cannot be read'))
  })

  test('when it is one of more than are judged with an index', async () => {
    await client.pushBlob('shop/many', blobOf('{"architecture":"amd64","os":"linux"}'))
    const images = Array.from({ length: 501 }, (_, at) => image(`many ${at}`))
    for (let at = 0; at < images.length; at += 50)
      await Promise.all(images.slice(at, at + 50).map(each => client.putManifest('shop/many', each.digest, each)))
    await client.putManifest('shop/many', 'all', indexOf(images))
    await shop.policy({ ...POLICY, waitSeconds: 0 })
    const { status, message } = await shop.pull('shop/many', 'all')
    await shop.policy(POLICY)
    expect([status, message]).toEqual([403, expect.stringContaining('it names more than 500')])
  })
})

describe('one project’s images are judged by nothing of another', () => {
  test('an SBOM about them adds no findings, and tells nobody what it says', async () => {
    const { image: shared } = await push(client, 'shop/shared', 'v1', GOOD)
    await push(client, 'bank/shared', 'v1', GOOD)
    await untilScanned(shop.admin, 'shop/shared', 'v1')
    const components = [
      { type: 'library', name: 'left-pad', version: '1.3.0', purl: 'pkg:npm/left-pad@1.3.0', 'bom-ref': 'a' },
    ]
    const sbom = blobOf(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components }))
    await pushDocument('bank/shared', 'sbom', [[sbom, SBOM]], {
      subject: described(shared, OCI),
      artifactType: SBOM,
    })
    await untilScanned(shop.admin, 'bank/shared', 'sbom')
    const findingsIn = async (repository: string) => {
      const ofImage = await shop.admin('GET', `/images/findings?repository=${repository}&reference=v1`)
      const ofAll = await shop.admin('GET', `/findings?repository=${repository}`)
      return [ofImage, ofAll].map(({ body }) => body.items.map(({ id }: { id: string }) => id))
    }
    expect(await findingsIn('bank/shared')).toEqual([['NPM-2026-1'], ['NPM-2026-1']])
    expect(await findingsIn('shop/shared')).toEqual([[], []])
    expect((await shop.pull('shop/shared', 'v1')).status).toBe(200)
  })

  test('a VEX document that is attached to the same digest suppresses nothing', async () => {
    const { image: shared } = await push(client, 'shop/vexed', 'v1', BAD)
    await push(client, 'bank/vexed', 'v1', BAD)
    const vex = blobOf(JSON.stringify(vexOf('CVE-2026-1', shared.digest)))
    const more = { subject: described(shared, OCI), artifactType: 'application/vnd.openvex+json' }
    await pushDocument('bank/vexed', 'vex', [[vex, 'application/vnd.openvex+json']], more)
    const isRead = async () => (await shop.admin('GET', '/projects/bank/vex')).body.items.length === 1
    expect(await until(isRead)).toBe(true)
    expect(await shop.pull('shop/vexed', 'v1')).toMatchObject(refusedFor('CVE-2026-1'))
  })
})

test('no project gets around a policy that holds in all of them, and whoever only pushes around none that hears no pushes', async () => {
  const { image: bound } = await push(client, 'shop/bound', 'v1', layerOf(OS_RELEASE, dpkg('openssl 3.0.1-9')))
  await untilScanned(shop.admin, 'shop/bound', 'v1')
  const exception = {
    vulnerability: 'CVE-2026-1',
    owner: 'ada',
    reason: 'we want to',
    repositories: 'shop/bound',
    expiresAt: new Date(Date.now() + 600_000).toISOString(),
  }
  const vex = vexOf('CVE-2026-1', bound.digest)
  const attached = { subject: described(bound, OCI), artifactType: 'application/vnd.openvex+json' }
  await pushDocument('shop/bound', 'vex', [[blobOf(JSON.stringify(vex)), 'application/vnd.openvex+json']], attached)
  const isRead = async () => (await shop.admin('GET', '/projects/shop/vex')).body.items.length === 1
  expect(await until(isRead)).toBe(true)
  const critical = { mode: 'enforce', rules: POLICY.rules.slice(0, 1) }
  await shop.policy({ ...critical, vex: 'uploaded' })
  expect(await shop.pull('shop/bound', 'v1')).toMatchObject(refusedFor('of project shop: CVE-2026-1'))
  await shop.admin('POST', '/projects/shop/vex', { document: vex })
  await shop.admin('POST', '/projects/shop/vulnerability-exceptions', exception)
  expect((await shop.pull('shop/bound', 'v1')).status).toBe(200)
  await shop.admin('PUT', '/vulnerability-policy', { ...critical, appliesTo: 'all projects' })
  expect(await shop.pull('shop/bound', 'v1')).toMatchObject(refusedFor('of the registry: CVE-2026-1'))
  const { body } = await shop.admin('GET', '/images/findings?repository=shop/bound&reference=v1')
  expect(body.items).toEqual([expect.not.objectContaining({ suppressed: expect.anything() })])
  expect((await shop.admin('POST', '/vulnerability-exceptions', exception)).status).toBe(201)
  expect((await shop.pull('shop/bound', 'v1')).status).toBe(200)
  await shop.admin('DELETE', '/vulnerability-policy')
  await shop.policy(POLICY)
})

test('what is called as something that every object has breaks no scan, no search and no document', async () => {
  for (const [at, id] of ['__proto__:x', 'constructor', '__proto__', 'toString:y'].entries()) {
    const release = { name: 'etc/os-release', content: `ID="${id}"\nVERSION_ID="1"\n` }
    const { image: named } = await push(client, 'shop/named', `v${at}`, layerOf(release, dpkg('sharpness 1.2')))
    const { state, problems, packages } = await untilScanned(shop.admin, 'shop/named', named.digest)
    expect([id, state, problems, packages]).toEqual([id, 'read', [], 1])
  }
  const { status, body } = await shop.admin('GET', '/packages?name=sharpness&version=%3C2')
  expect([status, body.items?.length]).toEqual([200, 4])
  const { image: about } = await push(client, 'shop/named', 'about', GOOD)
  const purls = ['pkg:maven/a/oddity@1.constructor', 'pkg:constructor/b@1', 'pkg:deb/x/c@1?distro=valueOf-1']
  const components = purls.map((purl, at) => ({ type: 'library', name: `n${at}`, version: '1', purl, 'bom-ref': purl }))
  const vulnerabilities = [{ id: 'CVE-2026-1', analysis: { state: 'constructor' }, affects: [{ ref: purls[0] }] }]
  const bom = { bomFormat: 'CycloneDX', specVersion: '1.6', components, vulnerabilities }
  const more = { subject: described(about, OCI), artifactType: SBOM }
  await pushDocument('shop/named', 'sbom', [[blobOf(JSON.stringify(bom)), SBOM]], more)
  expect((await untilScanned(shop.admin, 'shop/named', 'sbom')).state).toBe('read')
  const found = await shop.admin('GET', '/packages?name=oddity&version=%3C2')
  expect([found.status, found.body.items?.length]).toEqual([200, 1])
  const vex = [blobOf(JSON.stringify(vexOf('CVE-2026-1', about.digest))), 'application/vnd.openvex+json'] as const
  await pushDocument('shop/named', 'vex', [vex], { ...more, artifactType: vex[1] })
  const isRead = async () =>
    (await shop.admin('GET', '/projects/shop/vex')).body.items.some(
      ({ repository }: { repository?: string }) => repository === 'shop/named',
    )
  expect(await until(isRead)).toBe(true)
})

test('text that no database takes stops nobody: what comes after it is read', async () => {
  const odd = 'a\u0000b\ud800'
  const { image: subject } = await push(client, 'shop/odd', 'v1', GOOD)
  const about = { subject: described(subject, OCI), artifactType: 'application/vnd.openvex+json' }
  const vex = { ...vexOf(odd, odd), '@id': odd, author: odd }
  const attach = (tag: string, document: object) =>
    pushDocument('shop/odd', tag, [[blobOf(JSON.stringify(document)), 'application/vnd.openvex+json']], about)
  await attach('odd', vex)
  await attach('plain', vexOf('CVE-2026-1', subject.digest))
  const isRead = async () =>
    (await shop.admin('GET', '/projects/shop/vex')).body.items.filter(
      ({ repository }: { repository?: string }) => repository === 'shop/odd',
    ).length === 2
  expect(await until(isRead)).toBe(true)
  expect((await shop.admin('POST', '/projects/shop/vex', { document: vex })).status).toBe(201)
  const tools = { components: [{ name: odd, version: odd }] }
  const sbom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { tools },
    components: [{ name: odd, purl: odd }],
  }
  for (const [tag, document] of Object.entries({ sbom, broken: { bomFormat: odd, predicate: { Data: odd } } })) {
    const layer = [blobOf(JSON.stringify(document)), SBOM] as const
    await pushDocument('shop/odd', tag, [layer], { ...about, artifactType: SBOM })
    await untilScanned(shop.admin, 'shop/odd', tag)
  }
  const { image: next } = await push(client, 'shop/odd', 'next', layerOf(OS_RELEASE, dpkg('bash 5.3')))
  expect((await untilScanned(shop.admin, 'shop/odd', next.digest)).state).toBe('read')
  const finding = { VulnerabilityID: odd, PkgName: odd, InstalledVersion: odd, FixedVersion: odd }
  const report = {
    SchemaVersion: 2,
    ArtifactName: odd,
    Trivy: { Version: odd },
    Results: [{ Vulnerabilities: [finding] }],
  }
  const body = { document: report }
  expect((await shop.admin('POST', '/images/reports?repository=shop/odd&reference=v1', body)).status).toBe(201)
})

test('documents that are made to fill memory are refused before they are parsed, and the server goes on', async () => {
  const nothings = `[${'{},'.repeat(2_500_000)}{}]`
  const { image: subject } = await push(client, 'shop/bombs', 'v1', GOOD)
  const bomb = blobOf(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":${nothings}}`)
  await pushDocument('shop/bombs', 'sbom', [[bomb, SBOM]], { subject: described(subject, OCI), artifactType: SBOM })
  const { state, reason } = await untilScanned(shop.admin, 'shop/bombs', 'sbom')
  expect([state, reason]).toEqual(['failed', expect.stringContaining('more than 2000000 values')])
  const send = async (path: string, body: string) => {
    const headers = { Authorization: basicOf(ADMIN), 'Content-Type': 'application/json' }
    return (await fetch(`${shop.berth.url}/api/v1${path}`, { method: 'POST', headers, body })).status
  }
  const image = '/images/reports?repository=shop/bombs&reference=v1'
  expect(await send(image, `{"document":{"bomFormat":"CycloneDX","components":${nothings}}}`)).toBe(413)
  const deep = `{"document":{"bomFormat":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}}`
  for (const path of [image, '/projects/shop/vex']) expect(await send(path, deep)).toBe(413)
  // An object's own name for its prototype is a name like others.
  const odd = '{"document":{"__proto__":{"bomFormat":"CycloneDX"},"constructor":{"prototype":{}}}}'
  for (const path of [image, '/projects/shop/vex']) expect(await send(path, odd)).toBe(400)
  expect((await shop.pull('shop/bombs', 'v1')).status).toBe(200)
})

test('an exception ends at its time, not a moment later', async () => {
  const expiring = image('expiring')
  await shop.seed(expiring.digest, [{ id: 'CVE-2026-9', severity: 'critical' }])
  await shop.push('shop/expiring', 'v1', expiring)
  const expiresAt = Date.now() + 1500
  await shop.admin('POST', '/projects/shop/vulnerability-exceptions', {
    vulnerability: 'CVE-2026-9',
    owner: 'ada',
    reason: 'for a moment',
    expiresAt: new Date(expiresAt).toISOString(),
  })
  let latestMs = -1
  let last = 200
  while (last === 200) {
    const begunAt = Date.now()
    last = (await shop.pull('shop/expiring', 'v1')).status
    if (last === 200) latestMs = begunAt - expiresAt
  }
  expect(latestMs).toBeLessThan(0)
})

test('what somebody called a package steers no terminal, in a refusal or a warning', async () => {
  const evil = image('evil')
  await shop.seed(evil.digest, [{ id: 'CVE-2026-8', severity: 'critical', package: 'a\u001b[2J\r\nb\u202ec\u009b' }])
  await shop.push('shop/evil', 'v1', evil)
  const { message, detail } = await shop.pull('shop/evil', 'v1')
  expect(message).toContain('CVE-2026-8 in a?[2J??b?c? 3.0.1')
  expect(`${message}${JSON.stringify(detail)}`).not.toMatch(/[\p{Cc}\p{Cf}]|\\u00|\\r|\\n/u)
  expect((await shop.pull('shop/evil', 'v1', 'HEAD')).warnings.join()).toContain('a?[2J??b?c?')
})

describe('a list of findings', () => {
  test('tells where a page ended to nobody but itself', async () => {
    await push(client, 'shop/listed', 'v1', layerOf(OS_RELEASE, dpkg('openssl 3.0.1-1', 'bash 5.1')))
    await push(client, 'shop/listed', 'v2', layerOf(OS_RELEASE, dpkg('openssl 3.0.1-2')))
    for (const tag of ['v1', 'v2']) await untilScanned(shop.admin, 'shop/listed', tag)
    const question = '/findings?repository=shop/listed&limit=1'
    const first = await shop.admin('GET', question)
    const after = /after=([^&>]*)/.exec(first.headers.get('Link') ?? '')?.[1] as string
    expect(decodeURIComponent(after)).toMatch(/^v1\.[A-Za-z0-9_-]+$/)
    const second = await shop.admin('GET', `${question}&after=${after}`)
    expect([second.status, second.body.items.length, second.headers.get('Link')]).toEqual([200, 1, null])
    expect(second.body.items[0].digest).not.toBe(first.body.items[0].digest)
    const changed = `v1.${after.slice(3, -2)}AA`
    for (const path of [`${question}&after=${changed}`, `${question}&after=1.1.1.1.CVE-1`, `/findings?after=${after}`])
      expect([path, (await shop.admin('GET', path)).status]).toEqual([path, 400])
  })

  test('tells of no image that the caller may not see, by no page that follows', async () => {
    await push(client, 'bank/hidden', 'v1', layerOf(OS_RELEASE, dpkg('openssl 3.0.1-3')))
    await untilScanned(shop.admin, 'bank/hidden', 'v1')
    const rita = apiOf(shop.berth.url, await userOf(shop.admin, 'rita'))
    const member = { subject: { kind: 'user', name: 'rita' }, role: 'reader', repositories: 'shop/listed' }
    await shop.admin('POST', '/projects/shop/members', member)
    const asked = async (query: string) => {
      const { body, headers } = await rita('GET', `/findings?${query}`)
      return [body.items.map(({ repository }: { repository: string }) => repository), headers.get('Link')]
    }
    expect(await until(async () => (await asked('limit=2'))[0].length === 2)).toBe(true)
    expect(await asked('id=CVE-2026-1&limit=2')).toEqual([['shop/listed', 'shop/listed'], null])
    // Nor by documents that are attached to images elsewhere in the project.
    const documents = async (who: typeof rita) =>
      (await who('GET', '/projects/shop/vex')).body.items.map((each: { repository?: string }) => each.repository)
    expect(await documents(shop.admin)).toContain('shop/bound')
    expect(await documents(rita)).toEqual([undefined])
    for (const query of ['repository=bank/hidden', 'project=bank', 'project=nowhere', 'repository=nowhere/x'])
      expect([query, await asked(`${query}&limit=1`)]).toEqual([query, [[], null]])
  })
})
