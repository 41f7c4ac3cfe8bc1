import { sql } from 'kysely'
import type { Digest, Reference, RepositoryName, Tag } from '../../../oci/index.ts'
import type { Engine, Queries } from '../engine.ts'
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
  /** One for each manifest; undefined for what went meanwhile. */
  read(ids: readonly number[]): Promise<readonly (Image | undefined)[]>
}

const MOST_TAGS = 100

export function createImages({ db }: Engine): Images {
  return {
    async find(repository, reference) {
      const place = await placeOf(db, { repository, reference })
      if (!place || place.digest === '') return undefined
      const manifest = await db
        .selectFrom('manifests')
        .select('id')
        .where('repository_id', '=', place.id)
        .where('digest', '=', place.digest)
        .executeTakeFirst()
      return manifest && (await readImages(db, [manifest.id])).get(manifest.id)
    },
    async read(ids) {
      const images = ids.length === 0 ? new Map<number, Image>() : await readImages(db, ids)
      return ids.map(id => images.get(id))
    },
  }
}

async function readImages(queries: Queries, ids: readonly number[]): Promise<ReadonlyMap<number, Image>> {
  const rows = await queries
    .selectFrom('manifests as m')
    .innerJoin('repositories as r', 'r.id', 'm.repository_id')
    .leftJoin('image_details as d', join =>
      join.onRef('d.repository_id', '=', 'm.repository_id').onRef('d.digest', '=', 'm.digest'),
    )
    .select([
      'm.id',
      'r.name as repository',
      'm.digest',
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
    .where('m.id', 'in', ids)
    .where('m.state', '=', 'stored')
    .execute()
  const tags = await tagsOf(queries, ids)
  const labels = await labelsOf(queries, ids)
  return new Map(
    rows.map(row => [
      row.id,
      {
        repository: row.repository,
        digest: row.digest,
        tags: tags.get(row.id)?.map(({ name }) => name) ?? [],
        mediaType: row.mediaType,
        artifactType: row.artifactType ?? undefined,
        subject: row.subject ?? undefined,
        annotations: objectOf(row.annotations),
        pushedAt: row.pushedAt,
        isDescribed: row.describedAt !== null,
        platforms: row.platforms === null ? [] : (JSON.parse(row.platforms) as string[]),
        sizeBytes: row.sizeBytes ?? undefined,
        createdAt: row.createdAt ?? undefined,
        labels: Object.fromEntries(labels.get(row.id)?.map(({ key, value }) => [key, value]) ?? []),
        configLabels: objectOf(row.configLabels),
      },
    ]),
  )
}

async function tagsOf(queries: Queries, ids: readonly number[]) {
  const { rows } = await sql<{ readonly id: number; readonly name: Tag }>`
    select id, name from (
      select m.id, t.name, row_number() over (partition by m.id order by t.name) as place
        from manifests as m join tags as t on t.repository_id = m.repository_id and t.digest = m.digest
        where m.id in (${sql.join(ids)})
    ) as tagged where place <= ${MOST_TAGS} order by id, name`.execute(queries)
  return Map.groupBy(rows, ({ id }) => id)
}

async function labelsOf(queries: Queries, ids: readonly number[]) {
  const rows = await queries
    .selectFrom('manifests as m')
    .innerJoin('labels as l', join =>
      join.onRef('l.repository_id', '=', 'm.repository_id').onRef('l.digest', '=', 'm.digest'),
    )
    .select(['m.id', 'l.key', 'l.value'])
    .where('m.id', 'in', ids)
    .orderBy('m.id')
    .orderBy('l.key')
    .execute()
  return Map.groupBy(rows, ({ id }) => id)
}

function objectOf(json: string | null): Readonly<Record<string, string>> {
  return json === null ? {} : (JSON.parse(json) as Record<string, string>)
}
