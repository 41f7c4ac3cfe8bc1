import type { Digest, Reference, RepositoryName, Tag } from '../../../oci/index.ts'
import type { Engine, Queries } from '../engine.ts'
import type { ImageKey } from './image-search.ts'
import { placeOf } from './labels.ts'

/** All that is known of an image without looking into its bytes. */
export interface Image {
  readonly repository: RepositoryName
  readonly digest: Digest
  /** In byte order; the first hundred. */
  readonly tags: readonly Tag[]
  readonly mediaType: string
  readonly artifactType: string | undefined
  readonly subject: Digest | undefined
  readonly annotations: Readonly<Record<string, string>>
  readonly pushedAt: number
  /** False: the details are still to come. */
  readonly isDescribed: boolean
  readonly platforms: readonly string[]
  /** With all blobs that it needs, each once; absent until it is described. */
  readonly sizeBytes: number | undefined
  /** When it was built. */
  readonly createdAt: number | undefined
  /** Those that people set. */
  readonly labels: Readonly<Record<string, string>>
  /** Those of its config. */
  readonly configLabels: Readonly<Record<string, string>>
}

export interface Images {
  find(repository: RepositoryName, reference: Reference): Promise<Image | undefined>
  /** In the order of the keys, without those that went meanwhile */
  read(keys: readonly ImageKey[]): Promise<readonly (Image | undefined)[]>
}

const MOST_TAGS = 100

export function createImages({ db }: Engine): Images {
  return {
    async find(repository, reference) {
      const place = await placeOf(db, { repository, reference })
      return place && place.digest !== '' ? readImage(db, { repositoryId: place.id, digest: place.digest }) : undefined
    },
    async read(keys) {
      const images: (Image | undefined)[] = []
      for (const key of keys) images.push(await readImage(db, key))
      return images
    },
  }
}

async function readImage(queries: Queries, { repositoryId, digest }: ImageKey): Promise<Image | undefined> {
  const row = await queries
    .selectFrom('manifests as m')
    .innerJoin('repositories as r', 'r.id', 'm.repository_id')
    .leftJoin('image_details as d', join =>
      join.onRef('d.repository_id', '=', 'm.repository_id').onRef('d.digest', '=', 'm.digest'),
    )
    .select([
      'r.name as repository',
      'm.media_type as mediaType',
      'm.artifact_type as artifactType',
      'm.subject',
      'm.annotations',
      'm.pushed_at as pushedAt',
      'm.described_at as describedAt',
      'd.platforms',
      'd.total_bytes as sizeBytes',
      'd.created_at as createdAt',
      'd.labels as configLabels',
    ])
    .where('m.repository_id', '=', repositoryId)
    .where('m.digest', '=', digest)
    .where('m.state', '=', 'stored')
    .executeTakeFirst()
  if (!row) return undefined
  const tags = await queries
    .selectFrom('tags')
    .select('name')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .orderBy('name')
    .limit(MOST_TAGS)
    .execute()
  const labels = await queries
    .selectFrom('labels')
    .select(['key', 'value'])
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .orderBy('key')
    .execute()
  return {
    repository: row.repository,
    digest,
    tags: tags.map(({ name }) => name),
    mediaType: row.mediaType,
    artifactType: row.artifactType ?? undefined,
    subject: row.subject ?? undefined,
    annotations: objectOf(row.annotations),
    pushedAt: row.pushedAt,
    isDescribed: row.describedAt !== null,
    platforms: row.platforms === null ? [] : (JSON.parse(row.platforms) as string[]),
    sizeBytes: row.sizeBytes ?? undefined,
    createdAt: row.createdAt ?? undefined,
    labels: Object.fromEntries(labels.map(({ key, value }) => [key, value])),
    configLabels: objectOf(row.configLabels),
  }
}

function objectOf(json: string | null): Readonly<Record<string, string>> {
  return json === null ? {} : (JSON.parse(json) as Record<string, string>)
}
