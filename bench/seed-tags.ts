import { Database } from 'bun:sqlite'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBlob } from './content.ts'
import { pushImage } from './load/transfers.ts'
import type { Registry, RegistryName } from './registries.ts'

/** A repository with more tags than zot could be given by requests: each of its pushes writes all of them anew. */
export const MANY_TAGS = { repository: 'bench/many', count: 100_000 } as const

export function manyTag(index: number): string {
  return `t${String(index).padStart(6, '0')}`
}

interface Descriptor {
  readonly annotations?: Readonly<Record<string, string>>
}

/** Pushes one image, and writes the other tags straight to where the registry keeps them, while it is stopped. */
export async function seedTags(start: () => Promise<Registry>): Promise<void> {
  const registry = await start()
  const { digest } = await pushImage(registry, MANY_TAGS.repository, randomBlob(1000), [manyTag(0)])
  await registry.stop()
  await writers[registry.name](join(registry.folder, 'data'), digest)
}

const writers: Readonly<Record<RegistryName, (data: string, digest: string) => Promise<void>>> = {
  async berth(data, digest) {
    using database = new Database(join(data, 'berth.db'))
    const insert = database.prepare(
      'insert into tags (repository_id, name, digest, updated_at) select id, ?, ?, created_at from repositories where name = ?',
    )
    database.transaction(() => {
      for (let tag = 1; tag < MANY_TAGS.count; tag += 1) insert.run(manyTag(tag), digest, MANY_TAGS.repository)
    })()
  },
  /** zot keeps the tags of a repository in an OCI image layout. */
  async zot(data) {
    const file = join(data, MANY_TAGS.repository, 'index.json')
    const index: { manifests: Descriptor[] } = JSON.parse(await readFile(file, 'utf8'))
    const [first] = index.manifests
    const manifests = Array.from({ length: MANY_TAGS.count }, (_, tag) => ({
      ...first,
      annotations: { 'org.opencontainers.image.ref.name': manyTag(tag) },
    }))
    await writeFile(file, JSON.stringify({ ...index, manifests }))
  },
  /** distribution keeps a folder for each tag. */
  async distribution(data, digest) {
    const tags = join(data, 'docker/registry/v2/repositories', MANY_TAGS.repository, '_manifests/tags')
    for (let tag = 1; tag < MANY_TAGS.count; tag += 1) {
      const folder = join(tags, manyTag(tag), 'current')
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'link'), digest)
    }
  },
}
