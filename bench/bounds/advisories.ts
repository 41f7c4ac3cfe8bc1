import { Database } from 'bun:sqlite'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { packFolder } from '../../src/stores/advisory-files/index.ts'
import { zipOf } from '../../test/advisories/zip.ts'
import { randomBlob } from '../content.ts'
import { pushImage } from '../load/transfers.ts'
import { median } from '../measure.ts'
import { peakMemoryMiB, resetPeakMemory } from '../process-figures.ts'
import { type Registry, startBerth } from '../registries.ts'
import type { Bound } from './bound.ts'

const REPOSITORY = 'bench/advisories'
const PASSWORD = 'of the bench and nobody else'
const AUTHORIZATION = { Authorization: `Basic ${btoa(`admin:${PASSWORD}`)}` }
const ENVIRONMENT = { BERTH_AUTH: 'required', BERTH_ADMIN_PASSWORD: PASSWORD }

const IMAGES = 10_000
const PACKAGES = 20_000
const PACKAGES_EACH = 60
const RECORDS = 20_000

/** From an update to the refused pull, in a registry of 10,000 images; and what large sets cost. */
export async function advisories(folder: string, rounds: number): Promise<Bound[]> {
  const place = join(folder, 'advisories')
  const before = await startBerth(place, ENVIRONMENT)
  await pushImage(before, REPOSITORY, randomBlob(1000), ['latest'], AUTHORIZATION.Authorization)
  await before.stop()
  seed(join(place, 'data', 'berth.db'))
  await using berth = await startBerth(place, ENVIRONMENT)
  const first = await seconds(async () => update(berth, await setOf(folder, [])))
  await ask(berth, 'PUT', '/api/v1/vulnerability-policy', {
    mode: 'enforce',
    rules: [{ name: 'critical', when: { severityAtLeast: 'critical' } }],
  })
  const refused: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    if ((await pull(berth)) !== 200) throw new Error('The image is refused before there is a reason.')
    const set = await setOf(folder, [advisoryOf('unique', 'GHSA-new', 'CRITICAL')])
    refused.push(
      await seconds(async () => {
        await update(berth, set)
        if ((await pull(berth)) !== 403) throw new Error('The pull is not refused.')
      }),
    )
    await update(berth, await setOf(folder, []))
  }
  const pages: number[] = []
  for (let round = 0; round < rounds; round += 1)
    pages.push(await seconds(() => ask(berth, 'GET', `/api/v1/findings?repository=${REPOSITORY}&limit=100`)))
  resetPeakMemory(berth.pid)
  const tracker = await trackerOf(folder)
  const large = await seconds(() => update(berth, tracker))
  return [
    { name: '20,000 advisories taken in, 10,000 images', figure: first, unit: 's', most: 60 },
    { name: 'one more: from the upload of the set to the refused pull', figure: median(refused), unit: 's', most: 10 },
    { name: 'a page of findings of a repository of 10,000 images', figure: median(pages), unit: 's', most: 0.5 },
    { name: "a tracker's JSON of 240 MB taken in", figure: large, unit: 's', most: 120 },
    { name: 'peak memory of that', figure: peakMemoryMiB(berth.pid), unit: 'MiB', most: 500 },
  ]
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

async function ask(berth: Registry, method: string, path: string, body?: object): Promise<string> {
  const response = await fetch(`${berth.url}${path}`, {
    method,
    headers: { ...AUTHORIZATION, ...(body ? { 'Content-Type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`)
  return text
}

async function pull(berth: Registry): Promise<number> {
  const response = await fetch(`${berth.url}/v2/${REPOSITORY}/manifests/latest`, { headers: AUTHORIZATION })
  await response.arrayBuffer()
  return response.status
}

/** A folder or file, as `berth advisories update --from` sends it. */
async function update(berth: Registry, path: string): Promise<void> {
  const response = await fetch(`${berth.url}/api/v1/advisories/uploads`, {
    method: 'POST',
    headers: { ...AUTHORIZATION, 'Content-Type': 'application/x-tar' },
    body: Readable.toWeb(Readable.from(packFolder(path))) as never,
  })
  const text = await response.text()
  if (!response.ok || text.includes('"error"'))
    throw new Error(`The update was answered with ${response.status}: ${text}`)
}

function advisoryOf(name: string, id: string, severity: string): object {
  return {
    schema_version: '1.6.0',
    id,
    modified: '2026-01-01T00:00:00Z',
    summary: `A flaw in ${name}`,
    details: 'It is told at length what it is. '.repeat(30),
    affected: [
      {
        package: { ecosystem: 'npm', name },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '2.0.0' }] }],
      },
    ],
    database_specific: { severity },
  }
}

/** As OSV publishes an ecosystem. */
async function setOf(folder: string, more: readonly object[]): Promise<string> {
  const records = [
    ...Array.from({ length: RECORDS }, (_, at) => advisoryOf(`package-${at}`, `GHSA-${at}`, 'MODERATE')),
    ...more,
  ]
  const path = join(folder, 'advisory-set', 'npm')
  await mkdir(path, { recursive: true })
  await Bun.write(
    join(path, 'all.zip'),
    zipOf(Object.fromEntries(records.map((record, at) => [`${at}.json`, JSON.stringify(record)]))),
  )
  return join(folder, 'advisory-set')
}

/** As Debian publishes its tracker, several times as large. */
async function trackerOf(folder: string): Promise<string> {
  const path = join(folder, 'tracker.json')
  const file = createWriteStream(path)
  const description = 'A flaw that is described at length. '.repeat(20)
  const flaw = { description, releases: { bookworm: { status: 'open', urgency: 'low' }, trixie: { status: 'open' } } }
  for (let name = 0; name < 3000; name += 1) {
    const flaws = Object.fromEntries(Array.from({ length: 95 }, (_, at) => [`CVE-2026-${name * 100 + at}`, flaw]))
    if (!file.write(`${name === 0 ? '{' : ','}"source-${name}":${JSON.stringify(flaws)}`))
      await new Promise<void>(resolve => file.once('drain', resolve))
  }
  await new Promise<void>(resolve => file.end('}', resolve))
  return path
}

/** Images of 60 packages each, of which one image alone holds the package that the new advisory names. */
function seed(file: string): void {
  using database = new Database(file)
  database.run('pragma synchronous = off')
  const numbers = (count: number) =>
    `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${count - 1})`
  database.run(
    `insert into packages (id, identity, ecosystem, name, version, purl, licences, matched_at)
      ${numbers(PACKAGES)} select i + 1, 'seeded' || i, 'npm', 'package-' || (i % 10000), '1.0.' || (i / 10000),
        'pkg:npm/package-' || (i % 10000) || '@1.0.' || (i / 10000), '[]', 1 from n`,
  )
  database.run(
    `insert into packages (id, identity, ecosystem, name, version, purl, licences, matched_at)
      values (${PACKAGES + 1}, 'unique', 'npm', 'unique', '1.0.0', 'pkg:npm/unique@1.0.0', '[]', 1)`,
  )
  database.run(
    `insert into manifests (repository_id, digest, media_type, size_bytes, pushed_at, state, bytes, described_at)
      ${numbers(IMAGES - 1)} select (select id from repositories), 'sha256:' || printf('%064d', i),
        'application/vnd.oci.image.manifest.v1+json', 2, 1, 'stored', x'7b7d', 1 from n`,
  )
  database.run('delete from inventories')
  database.run(
    `insert into inventories (digest, state, attempts, layers, problems, made_at)
      select digest, 'read', 0, '["sha256:' || printf('%064d', 1) || '"]', '[]', 1 from manifests`,
  )
  database.run(
    `insert into inventory_packages (inventory_id, position, package_id, layer, path)
      ${numbers(PACKAGES_EACH)} select v.id, n.i, 1 + (v.id * 7 + n.i * 331) % ${PACKAGES}, 0, 'app/package-lock.json'
        from inventories as v, n`,
  )
  database.run(
    `insert into inventory_packages (inventory_id, position, package_id, layer, path)
      select v.id, ${PACKAGES_EACH}, ${PACKAGES + 1}, 0, 'app/package-lock.json' from inventories as v
        join tags as t on t.digest = v.digest`,
  )
}
