import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { randomBlob } from '../content.ts'
import { loadRequests } from '../load/requests.ts'
import { pushImage } from '../load/transfers.ts'
import { median } from '../measure.ts'
import { startBerth } from '../registries.ts'
import { manyTag } from '../seed-tags.ts'
import type { Bound } from './bound.ts'

const TAGS_EACH = 100
const SMALL = 10
const LARGE = 10_000
const SAMPLED = 1000

interface Sizes {
  readonly host: string
  readonly repositories: number
}

/** What is asked of either; paths are spread over all repositories and tags. */
const requests: readonly (readonly [name: string, path: (repository: string, tag: string) => string])[] = [
  ['manifest GET by tag', (repository, tag) => `/v2/${repository}/manifests/${tag}`],
  ['tags list', repository => `/v2/${repository}/tags/list`],
  ['catalog, 5 from there', repository => `/v2/_catalog?n=5&last=${repository}`],
]

/** A million tags in ten thousand repositories against a thousand tags in ten, and the time to be ready with them. */
export async function scale(folder: string, rounds: number): Promise<Bound[]> {
  await seed(join(folder, 'small'), SMALL)
  await seed(join(folder, 'large'), LARGE)
  await using small = await startBerth(join(folder, 'small'))
  await using large = await startBerth(join(folder, 'large'))
  const bounds: Bound[] = [{ name: 'start with 1,000,000 tags', figure: large.startSeconds, unit: 's', most: 2 }]
  for (const [name, path] of requests) {
    const ratios: number[] = []
    for (let round = -1; round < rounds; round += 1) {
      const few = await rate({ host: small.host, repositories: SMALL }, path)
      const many = await rate({ host: large.host, repositories: LARGE }, path)
      // The first round warms up.
      if (round >= 0) ratios.push(few / many)
    }
    bounds.push({ name: `${name}: time with 1,000,000 tags to 1,000`, figure: median(ratios), unit: '×', most: 1.3 })
  }
  return bounds
}

async function rate({ host, repositories }: Sizes, path: (repository: string, tag: string) => string): Promise<number> {
  const paths = Array.from({ length: SAMPLED }, (_, index) =>
    // Steps that share no factor with either number, so that every part of the index is visited.
    // Behind each of them there are five more, so that the answers are of one size.
    path(repositoryName((index * 7919) % (repositories - 5)), manyTag((index * 31) % TAGS_EACH)),
  )
  const { amount, seconds } = await loadRequests({ host }, { paths })
  return amount / seconds
}

function repositoryName(index: number): string {
  return `bench/r${String(index).padStart(5, '0')}`
}

/** One image is pushed; every other repository gets the same rows. */
async function seed(folder: string, repositories: number): Promise<void> {
  const registry = await startBerth(folder)
  await pushImage(registry, repositoryName(0), randomBlob(1000), [manyTag(0)])
  await registry.stop()
  using database = new Database(join(folder, 'data', 'berth.db'))
  const insertRepository = database.prepare('insert or ignore into repositories (name, created_at) values (?, 0)')
  database.transaction(() => {
    for (let index = 1; index < repositories; index += 1) insertRepository.run(repositoryName(index))
    database.run('create temp table first as select repository_id, digest from manifests limit 1')
    database.run(`insert into repository_blobs (repository_id, digest, linked_at) select r.id, b.digest, b.linked_at
      from repositories r, repository_blobs b, first f where b.repository_id = f.repository_id and r.id <> f.repository_id`)
    database.run(`insert into manifests (repository_id, digest, media_type, size_bytes, pushed_at, state, bytes)
      select r.id, m.digest, m.media_type, m.size_bytes, m.pushed_at, m.state, m.bytes
      from manifests m, repositories r, first f where m.repository_id = f.repository_id and r.id <> f.repository_id`)
    database.run(`insert into manifest_references (repository_id, manifest, target, kind, size_bytes)
      select r.id, m.manifest, m.target, m.kind, m.size_bytes
      from manifest_references m, repositories r, first f where m.repository_id = f.repository_id and r.id <> f.repository_id`)
    const insertTag = database.prepare(`insert into tags (repository_id, name, digest, updated_at)
      select r.id, ?, f.digest, 0 from repositories r, first f where true on conflict do nothing`)
    for (let tag = 0; tag < TAGS_EACH; tag += 1) insertTag.run(manyTag(tag))
  })()
}
