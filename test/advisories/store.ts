import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Advising, type ConfiguredSource, matchChanges, takeIn } from '../../src/features/advisories/index.ts'
import { documentsOf, openSpool } from '../../src/stores/advisory-files/index.ts'
import { createAdvisoryTables } from '../../src/stores/metadata/advisories/index.ts'
import type { Engine } from '../../src/stores/metadata/engine.ts'
import { packageIdentity } from '../../src/stores/metadata/inventories/package-identity.ts'

export interface Own extends AsyncDisposable {
  readonly advising: Advising
  readonly tables: ReturnType<typeof createAdvisoryTables>
  /** What nobody is told who asked. */
  readonly faults: unknown[]
  /** Takes in files by their names, then matches. */
  take(files: Readonly<Record<string, string | Uint8Array | object>>): ReturnType<typeof matchChanges>
  /** Without matching. */
  takeOnly(files: Readonly<Record<string, string | Uint8Array | object>>): ReturnType<typeof takeIn>
  clock: { now: number }
}

/** The use cases over one database. */
export async function advisingOver(
  engine: Engine,
  {
    sources = [],
    fetch,
    intervalMs = 1000,
  }: {
    readonly sources?: readonly ConfiguredSource[]
    readonly fetch?: Advising['outbound']['fetch']
    readonly intervalMs?: number
  } = {},
): Promise<Own> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-advisories-'))
  const tables = createAdvisoryTables(engine)
  const clock = { now: Date.parse('2026-03-01T00:00:00Z') }
  const faults: unknown[] = []
  const advising: Advising = {
    tables,
    outbound: { fetch: fetch ?? (async () => Promise.reject(new Error('There is no way out.'))) },
    openArtifact: () => Promise.reject(new Error('There is no other registry.')),
    openSpool: () => openSpool(join(folder, 'spool')),
    documentsOf,
    settings: { sources, intervalMs, staleMs: 86_400_000, historyMs: 1000, mostBytes: 100_000_000 },
    clock: () => clock.now,
    failed: error => faults.push(error),
  }
  let files = 0
  const takeOnly: Own['takeOnly'] = async given => {
    const spooled = async function* () {
      for (const [name, content] of Object.entries(given)) {
        files += 1
        const path = join(folder, `file-${files}`)
        const bytes = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content)
        await writeFile(path, bytes)
        yield { name, path, sizeBytes: bytes.length }
      }
    }
    return takeIn(advising, spooled(), { origin: 'a test', signal: new AbortController().signal })
  }
  return {
    advising,
    tables,
    faults,
    clock,
    takeOnly,
    async take(given) {
      await takeOnly(given)
      return matchChanges(advising, new AbortController().signal)
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

export interface SeededPackage {
  readonly ecosystem: string
  readonly name: string
  readonly version: string
  readonly source?: { readonly name: string; readonly version: string }
}

/** Rows of packages; gives their ids. */
export async function seedPackages(engine: Engine, packages: readonly SeededPackage[]): Promise<readonly number[]> {
  const ids: number[] = []
  for (const { ecosystem, name, version, source } of packages) {
    const purl = `pkg:generic/${ecosystem}/${name}@${version}`
    const row = await engine.write(queries =>
      queries
        .insertInto('packages')
        .values({
          identity: packageIdentity({ ecosystem, name, version, source, purl }),
          ecosystem,
          name,
          version,
          source_name: source?.name ?? null,
          source_version: source?.version ?? null,
          purl,
          licences: '[]',
        })
        .returning('id')
        .executeTakeFirstOrThrow(),
    )
    ids.push(row.id)
  }
  return ids
}

export const digestOf = (number: number) => `sha256:${number.toString(16).padStart(64, '0')}` as never
export const LAYER = `sha256:${'f'.repeat(64)}` as never

/** Rows of images in one repository, each holding the packages; nothing of them is in the blob store. */
export async function seedImages(
  engine: Engine,
  repository: string,
  images: readonly { readonly digest: string; readonly packages: readonly number[] }[],
): Promise<void> {
  await engine.write(async queries => {
    const known = await queries
      .selectFrom('repositories')
      .select('id')
      .where('name', '=', repository as never)
      .executeTakeFirst()
    const { id } =
      known ??
      (await queries
        .insertInto('repositories')
        .values({ name: repository as never, created_at: 0 })
        .returning('id')
        .executeTakeFirstOrThrow())
    for (let from = 0; from < images.length; from += 100) {
      const part = images.slice(from, from + 100)
      await queries
        .insertInto('manifests')
        .values(
          part.map(({ digest }) => ({
            repository_id: id,
            digest: digest as never,
            media_type: 'application/vnd.oci.image.manifest.v1+json',
            artifact_type: null,
            subject: null,
            annotations: null,
            size_bytes: 2,
            pushed_at: 0,
            state: 'stored' as const,
            bytes: Buffer.from('{}'),
            described_at: 0,
          })),
        )
        .execute()
      const inventories = await queries
        .insertInto('inventories')
        .values(
          part.map(({ digest }) => ({
            digest: digest as never,
            state: 'read' as const,
            due_at: null,
            attempts: 0,
            made_at: 0,
            layers: JSON.stringify([LAYER]),
            problems: '[]',
          })),
        )
        .onConflict(conflict => conflict.column('digest').doUpdateSet({ attempts: 0 }))
        .returning(['id', 'digest'])
        .execute()
      const idOf = new Map(inventories.map(row => [row.digest as string, row.id]))
      const rows = part.flatMap(({ digest, packages }) =>
        packages.map((package_id, position) => ({
          inventory_id: idOf.get(digest) as number,
          position,
          package_id,
          layer: 0,
          path: 'usr/lib/x',
        })),
      )
      for (let at = 0; at < rows.length; at += 500)
        await queries
          .insertInto('inventory_packages')
          .values(rows.slice(at, at + 500))
          .onConflict(conflict => conflict.doNothing())
          .execute()
    }
  })
}

/** An advisory in the OSV format. */
export function osv(id: string, ecosystem: string, name: string, events: readonly object[], more: object = {}) {
  return {
    schema_version: '1.6.0',
    id,
    modified: '2026-02-01T00:00:00Z',
    published: '2026-01-01T00:00:00Z',
    summary: `${id} in ${name}`,
    affected: [{ package: { ecosystem, name }, ranges: [{ type: 'ECOSYSTEM', events }] }],
    ...more,
  }
}

export const gz = (text: string) => gzipSync(text)
