import { sql } from 'kysely'
import type { Digest, RepositoryName } from '../../../oci/index.ts'
import { chunks } from '../chunks.ts'
import type { Engine, Queries } from '../engine.ts'
import { awaitInventory } from '../inventories/await-inventory.ts'

/** A manifest whose details nobody has read yet. */
export interface Undescribed {
  /** Of this one push: a manifest that went and came again is another. */
  readonly id: number
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly bytes: Uint8Array
}

/** What an image says of itself; what it does not say is absent. */
export interface Description {
  readonly id: number
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string | undefined }
  /** `os/architecture` or `os/architecture/variant`. */
  readonly platforms?: readonly string[] | undefined
  readonly createdAt?: number | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
}

/** How details come to manifests, after their push and in no hurry. */
export interface Descriptions {
  /** Some of those that are to be described, oldest push first; at least one as long as there are any. */
  undescribed(): Promise<readonly Undescribed[]>
  /** The platforms of those manifests of the repository that are described. */
  platformsOf(repository: RepositoryName, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, readonly string[]>>
  /** Notes them, and how large each is with all it needs; what each holds is read next. Not durable: what a power cut takes is read again. */
  describe(descriptions: readonly Description[], now: number): Promise<void>
}

const BATCH = 50
const BATCH_BYTES = 8 << 20

export function createDescriptions(engine: Engine): Descriptions {
  return {
    undescribed: () => undescribed(engine.db),
    async platformsOf(repository, digests) {
      const found = new Map<Digest, readonly string[]>()
      for (const some of chunks(digests)) {
        const rows = await engine.db
          .selectFrom('repositories')
          .innerJoin('image_details', 'image_details.repository_id', 'repositories.id')
          .select(['image_details.digest', 'image_details.platforms'])
          .where('repositories.name', '=', repository)
          .where('image_details.digest', 'in', some)
          .execute()
        for (const { digest, platforms } of rows)
          if (platforms !== null) found.set(digest, JSON.parse(platforms) as readonly string[])
      }
      return found
    },
    describe: (descriptions, now) =>
      engine.write(
        async queries => {
          for (const description of descriptions) await note(queries, description, now)
        },
        { durable: false },
      ),
  }
}

async function undescribed(queries: Queries): Promise<readonly Undescribed[]> {
  const waiting = await queries
    .selectFrom('manifests')
    .select(['id', 'size_bytes'])
    .where('described_at', 'is', null)
    .orderBy('id')
    .limit(BATCH)
    .execute()
  const ids: number[] = []
  let bytes = 0
  for (const { id, size_bytes } of waiting) {
    bytes += size_bytes
    if (ids.length > 0 && bytes > BATCH_BYTES) break
    ids.push(id)
  }
  if (ids.length === 0) return []
  return queries
    .selectFrom('manifests')
    .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
    .select(['manifests.id', 'repositories.name as repository', 'manifests.digest', 'manifests.bytes'])
    .where('manifests.id', 'in', ids)
    .orderBy('manifests.id')
    .execute()
}

async function note(queries: Queries, { id, ...known }: Description, now: number): Promise<void> {
  const manifest = await queries
    .updateTable('manifests')
    .set({ described_at: now })
    .where('id', '=', id)
    .returning(['repository_id', 'digest'])
    .executeTakeFirst()
  // It went meanwhile; if it came again, that one has a mark of its own.
  if (!manifest) return
  await awaitInventory(queries, manifest.digest, now)
  const { platform, platforms, createdAt, labels } = known
  const columns = {
    os: platform?.os ?? null,
    architecture: platform?.architecture ?? null,
    variant: platform?.variant ?? null,
    platforms: platforms ? JSON.stringify(platforms) : null,
    created_at: createdAt ?? null,
    total_bytes: await totalBytes(queries, manifest),
    labels: labels ? JSON.stringify(labels) : null,
  }
  await queries
    .insertInto('image_details')
    .values({ ...manifest, ...columns })
    .onConflict(conflict => conflict.columns(['repository_id', 'digest']).doUpdateSet(columns))
    .execute()
}

/** Of the blobs that it and all manifests below it name, each once. */
async function totalBytes(
  queries: Queries,
  { repository_id, digest }: { readonly repository_id: number; readonly digest: Digest },
): Promise<number> {
  const { rows } = await sql<{ bytes: number | string | null }>`
    with recursive family(digest) as (
      select digest from manifests where repository_id = ${repository_id} and digest = ${digest}
      union
      select reference.target from family
        join manifest_references as reference
          on reference.repository_id = ${repository_id} and reference.manifest = family.digest
            and reference.kind = 'manifest'
    )
    select sum(size_bytes) as bytes from blobs where digest in (
      select target from manifest_references
        where repository_id = ${repository_id} and kind = 'blob' and manifest in (select digest from family)
    )`.execute(queries)
  return Number(rows[0]?.bytes ?? 0)
}
