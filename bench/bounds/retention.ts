import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import type { RetentionPolicy } from '../../src/features/retention/index.ts'
import { openSqliteMetadata } from '../../src/stores/metadata/index.ts'
import { median } from '../measure.ts'
import type { Bound } from './bound.ts'

const TAGS = 1_000_000
const NOW = Date.now()

/** Keeps releases and the newest; everything else that is older than a month goes, which is half of all. */
const POLICY: RetentionPolicy = {
  isDryRun: true,
  fusePercent: 100,
  ignoredPullers: [],
  rules: [
    { name: 'releases', action: 'keep', select: { tags: [{ semver: '>=1.0.0' }] }, when: {} },
    { name: 'newest', action: 'keep', select: {}, when: { newest: { count: 20, by: 'push' } } },
    { name: 'old', action: 'delete', select: { state: 'tagged' }, when: { pushed: { atLeastDays: 30 } } },
    { name: 'untagged', action: 'delete', select: { state: 'untagged' }, when: {} },
  ],
}

/** A preview over a million tags, each of an image of its own: in a thousand repositories, and in one. */
export async function retention(folder: string, rounds: number): Promise<Bound[]> {
  const bounds: Bound[] = []
  for (const repositories of [1000, 1]) {
    const file = join(folder, `retention-${repositories}.db`)
    await seed(file, repositories)
    const previews: Preview[] = []
    for (let round = 0; round < rounds; round += 1) previews.push(await preview(file))
    const where = `in ${repositories.toLocaleString('en')} ${repositories === 1 ? 'repository' : 'repositories'}`
    bounds.push(
      {
        name: `preview over 1,000,000 tags ${where}`,
        figure: median(previews.map(({ seconds }) => seconds)),
        unit: 's',
        most: 10,
      },
      {
        name: `peak memory of that, ${where}`,
        figure: Math.max(...previews.map(({ peakMiB }) => peakMiB)),
        unit: 'MiB',
        most: 200,
      },
    )
  }
  return bounds
}

interface Preview {
  readonly tags: number
  readonly kept: number
  readonly deleted: number
  readonly freedBytes: number
  readonly seconds: number
  readonly peakMiB: number
}

async function preview(file: string): Promise<Preview> {
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, 'retention-child.ts'), file, JSON.stringify(POLICY)],
    {
      stdout: 'pipe',
      stderr: 'inherit',
    },
  )
  const seen = (await child.stdout.json()) as Preview
  console.error(JSON.stringify(seen))
  if (seen.tags !== TAGS || seen.deleted === 0 || seen.freedBytes === 0)
    throw new Error(`The preview told of ${seen.tags} tags, of which ${seen.deleted} go.`)
  return seen
}

/** Rows as pushes make them: each image has a config and a layer of its own, and a layer that others have too. */
async function seed(file: string, repositories: number): Promise<void> {
  const { metadata } = await openSqliteMetadata(file)
  await metadata.close()
  using database = new Database(file)
  database.run('pragma journal_mode = delete')
  database.run('pragma journal_mode = off')
  database.run('pragma synchronous = off')
  database.run('pragma cache_size = -1000000')
  const tables = ['repository_blobs', 'manifests', 'manifest_references', 'tags', 'blobs']
  const objects = database
    .query<{ name: string; type: string; sql: string }, string[]>(
      `select name, type, sql from sqlite_schema where type in ('index', 'trigger') and sql is not null
      and tbl_name in (${tables.map(() => '?').join()}) order by type`,
    )
    .all(...tables)
  for (const { name, type } of objects) database.run(`drop ${type} ${name}`)
  const each = TAGS / repositories
  database.run(
    `insert into projects (id, name, visibility, pushers, created_at) values (1, 'bench', 'private', 'members', ${NOW})`,
  )
  const numbers = (most: number) =>
    `with recursive number(n) as (select 0 union all select n + 1 from number where n < ${most - 1})`
  database.run(
    `insert into repositories (id, name, created_at, project_id) ${numbers(repositories)}
    select n + 1, 'bench/' || printf('%05d', n), ${NOW}, 1 from number`,
  )
  database.run(
    'create temp table image (n integer primary key, repository integer, manifest text, config text, layer text, base text)',
  )
  const insert = database.prepare('insert into image values (?, ?, ?, ?, ?, ?)')
  const digest = (text: string) => `sha256:${new Bun.CryptoHasher('sha256').update(text).digest('hex')}`
  database.transaction(() => {
    for (let n = 0; n < TAGS; n += 1) {
      const base = digest(`base ${n % 20}`)
      insert.run(n, 1 + Math.floor(n / each), digest(`m ${n}`), digest(`c ${n}`), digest(`l ${n}`), base)
    }
  })()
  database.run(`insert into tags (repository_id, name, digest, updated_at)
    select repository, case n % 20 when 0 then 'v1.' || (n / 20) || '.0' else 'build-' || n || '-' || substr(manifest, 8, 12) end,
    manifest, ${NOW} - (n * 7919 % 60) * 86400000 from image`)
  const annotations = JSON.stringify({ 'org.opencontainers.image.revision': 'a'.repeat(40) })
  database.run(`insert into manifests (repository_id, digest, media_type, artifact_type, annotations, size_bytes, pushed_at, state, bytes)
    select repository, manifest, 'application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.config.v1+json', '${annotations}',
    800, ${NOW} - (n * 7919 % 60) * 86400000, 'stored', zeroblob(800) from image`)
  const blobs = ['config', 'layer', 'base'].map(blob => `select n, repository, manifest, ${blob} as blob from image`)
  const named = `(${blobs.join(' union all ')} order by n)`
  database.run(`insert into manifest_references (repository_id, manifest, target, kind, size_bytes)
    select repository, manifest, blob, 'blob', 1000 from ${named}`)
  database.run(`insert or ignore into repository_blobs (repository_id, digest, linked_at, project_id)
    select repository, blob, ${NOW}, 1 from ${named}`)
  database.run(`insert or ignore into blobs (digest, size_bytes, storage_key, state, created_at)
    select blob, 1000, blob, 'stored', ${NOW} from ${named}`)
  for (const { sql } of objects) database.run(sql)
}
