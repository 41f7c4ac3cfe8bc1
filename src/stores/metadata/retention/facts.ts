import { sql } from 'kysely'
import type { Digest, RepositoryName, Tag } from '../../../oci/index.ts'
import type { Engine, Queries } from '../engine.ts'
import type { Page } from '../repositories.ts'
import { type BlobUse, blobUses, holdersOf, usesIn } from './blob-uses.ts'

/** All that decides what stays in a repository, page by page in the order of an index. Times are milliseconds since the epoch. */
export interface RetentionReading {
  /** Repositories of the project, by name. */
  repositories(project: string, page: Page<RepositoryName>): Promise<readonly RepositoryRow[]>
  /** Since when pulls are recorded. */
  pullsSince(): Promise<number>
  /** Tags image by image: by digest, then name. */
  tags(repositoryId: number, page: Page<Pick<TagRow, 'digest' | 'name'>>): Promise<readonly TagRow[]>
  /** Tags between two names, by name. */
  tagsBetween(repositoryId: number, range: { from: string; to: string }, page: Page<Tag>): Promise<readonly TagRow[]>
  /** Manifests without a tag that no index names, by digest. */
  untagged(repositoryId: number, page: Page<Digest>): Promise<readonly UntaggedRow[]>
  /** Which manifest is named by which index, by child. */
  children(repositoryId: number, page: Page<ChildRow>): Promise<readonly ChildRow[]>
  /** Which manifest refers to which subject, by subject; the subject need not be there. */
  referrers(repositoryId: number, page: Page<ReferrerRow>): Promise<readonly ReferrerRow[]>
  /** As `referrers`, and of what type each is. */
  typedReferrers(repositoryId: number, page: Page<ReferrerRow>): Promise<readonly TypedReferrerRow[]>
  manifests(repositoryId: number, page: Page<Digest>): Promise<readonly ManifestRow[]>
  details(repositoryId: number, page: Page<Digest>): Promise<readonly DetailsRow[]>
  /** Labels that people gave to images, by digest and key. */
  labels(
    repositoryId: number,
    page: Page<Pick<LabelRow, 'digest' | 'key'>>,
  ): Promise<readonly LabelRow[]>
  lastPulls(repositoryId: number, page: Page<Digest>): Promise<readonly { digest: Digest; pulled_at: number }[]>
  /** What would go with these if they went: children, referrers. */
  followers(repositoryId: number, digests: readonly Digest[]): Promise<readonly FollowerRow[]>
  /** The blobs that these manifests name, each as often as it is named. */
  blobUses(repositoryId: number, digests: readonly Digest[]): Promise<readonly BlobUse[]>
  /** How many manifests of the repository name the blob. */
  usesIn(repositoryId: number, blobs: readonly Digest[]): Promise<ReadonlyMap<Digest, number>>
  /** In how many repositories a manifest names the blob. */
  holdersOf(blobs: readonly Digest[]): Promise<ReadonlyMap<Digest, number>>
}

export interface RetentionFacts {
  /** Reads of one moment, for as long as `work` takes. @throws Unavailable. */
  atOneMoment<Result>(work: (reading: RetentionReading) => Promise<Result>): Promise<Result>
}

export interface RepositoryRow {
  readonly id: number
  readonly name: RepositoryName
}
export interface TagRow {
  readonly digest: Digest
  readonly name: Tag
  readonly updated_at: number
}
export interface UntaggedRow {
  readonly digest: Digest
  readonly pushed_at: number
  readonly subject: Digest | null
}
export interface ChildRow {
  readonly target: Digest
  readonly manifest: Digest
}
export interface ReferrerRow {
  readonly subject: Digest
  readonly digest: Digest
}
export interface TypedReferrerRow extends ReferrerRow {
  readonly artifact_type: string | null
}
export interface ManifestRow {
  readonly digest: Digest
  readonly artifact_type: string | null
  /** JSON object of strings. */
  readonly annotations: string | null
}
export interface DetailsRow {
  readonly digest: Digest
  /** JSON list of `os/architecture` or `os/architecture/variant`. */
  readonly platforms: string | null
  /** JSON object of strings. */
  readonly labels: string | null
}
export interface LabelRow {
  readonly digest: Digest
  readonly key: string
  readonly value: string
}
export interface FollowerRow {
  readonly of: Digest
  readonly digest: Digest
}

export function createRetentionFacts(engine: Engine): RetentionFacts {
  return { atOneMoment: work => engine.snapshot(queries => work(readingOf(queries))) }
}

function readingOf(db: Queries): RetentionReading {
  return {
    repositories: (project, page) => repositoriesOf(db, project, page),
    async pullsSince() {
      return (await db.selectFrom('pull_records').select('since').executeTakeFirstOrThrow()).since
    },
    tags: (id, { after, limit }) =>
      db
        .selectFrom('tags')
        .select(['digest', 'name', 'updated_at'])
        .where('repository_id', '=', id)
        .where(beyond('digest', 'name', after && [after.digest, after.name]))
        .orderBy('digest')
        .orderBy('name')
        .limit(limit)
        .execute(),
    tagsBetween: (id, { from, to }, { after, limit }) =>
      db
        .selectFrom('tags')
        .select(['digest', 'name', 'updated_at'])
        .where('repository_id', '=', id)
        .where('name', '>', after ?? (from as Tag))
        .where('name', '<', to as Tag)
        .orderBy('name')
        .limit(limit)
        .execute(),
    untagged: (id, page) => untaggedIn(db, id, page),
    children: (id, { after, limit }) =>
      db
        .selectFrom('manifest_references')
        .select(['target', 'manifest'])
        .where('repository_id', '=', id)
        // Not as a parameter: the index is of these rows alone.
        .where('kind', '=', sql.lit('manifest' as const))
        .where(beyond('target', 'manifest', after && [after.target, after.manifest]))
        .orderBy('target')
        .orderBy('manifest')
        .limit(limit)
        .execute(),
    referrers: (id, page) => referrersIn(db, id, page).select(['subject', 'digest']).$narrowType<{ subject: Digest }>().execute(),
    typedReferrers: (id, page) =>
      referrersIn(db, id, page).select(['subject', 'digest', 'artifact_type']).$narrowType<{ subject: Digest }>().execute(),
    manifests: (id, { after, limit }) =>
      db
        .selectFrom('manifests')
        .select(['digest', 'artifact_type', 'annotations'])
        .where('repository_id', '=', id)
        .where('digest', '>', after ?? ('' as Digest))
        .orderBy('digest')
        .limit(limit)
        .execute(),
    details: (id, { after, limit }) =>
      db
        .selectFrom('image_details')
        .select(['digest', 'platforms', 'labels'])
        .where('repository_id', '=', id)
        .where('digest', '>', after ?? ('' as Digest))
        .orderBy('digest')
        .limit(limit)
        .execute(),
    labels: (id, { after, limit }) =>
      db
        .selectFrom('labels')
        .select(['digest', 'key', 'value'])
        .where('repository_id', '=', id)
        .where('digest', '>', '' as Digest)
        .where(beyond('digest', 'key', after && [after.digest, after.key]))
        .orderBy('digest')
        .orderBy('key')
        .limit(limit)
        .$narrowType<{ digest: Digest }>()
        .execute(),
    lastPulls: (id, { after, limit }) =>
      db
        .selectFrom('last_pulls')
        .select(['digest', 'pulled_at'])
        .where('repository_id', '=', id)
        .where('digest', '>', after ?? ('' as Digest))
        .orderBy('digest')
        .limit(limit)
        .execute(),
    followers: (id, digests) => followersOf(db, id, digests),
    blobUses: (id, digests) => blobUses(db, id, digests),
    usesIn: (id, blobs) => usesIn(db, id, blobs),
    holdersOf: blobs => holdersOf(db, blobs),
  }
}

/** Behind the last row of the page before. */
function beyond(first: string, second: string, after: readonly [string, string] | undefined) {
  if (!after) return sql<boolean>`1 = 1`
  return sql<boolean>`(${sql.ref(first)}, ${sql.ref(second)}) > (${after[0]}, ${after[1]})`
}

function repositoriesOf(db: Queries, project: string, { after, limit }: Page<RepositoryName>) {
  return db
    .selectFrom('repositories')
    .select(['id', 'name'])
    .where(where =>
      where.or([
        where('name', '=', project as RepositoryName),
        // Everything that begins with "project/": "0" follows "/".
        where.and([
          where('name', '>', `${project}/` as RepositoryName),
          where('name', '<', `${project}0` as RepositoryName),
        ]),
      ]),
    )
    .where('name', '>', after ?? ('' as RepositoryName))
    .orderBy('name')
    .limit(limit)
    .execute()
}

function untaggedIn(db: Queries, id: number, { after, limit }: Page<Digest>): Promise<readonly UntaggedRow[]> {
  return db
    .selectFrom('manifests')
    .select(['manifests.digest', 'manifests.pushed_at', 'manifests.subject'])
    .where('manifests.repository_id', '=', id)
    .where('manifests.digest', '>', after ?? ('' as Digest))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('tags')
            .select('tags.name')
            .where('tags.repository_id', '=', id)
            .whereRef('tags.digest', '=', 'manifests.digest'),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('manifest_references as reference')
            .select('reference.manifest')
            .where('reference.repository_id', '=', id)
            .whereRef('reference.target', '=', 'manifests.digest')
            .where('reference.kind', '=', sql.lit('manifest' as const)),
        ),
      ),
    )
    .orderBy('manifests.digest')
    .limit(limit)
    .execute()
}

function referrersIn(db: Queries, id: number, { after, limit }: Page<ReferrerRow>) {
  return db
    .selectFrom('manifests')
    .where('repository_id', '=', id)
    .where('subject', 'is not', null)
    .where(beyond('subject', 'digest', after && [after.subject, after.digest]))
    .orderBy('subject')
    .orderBy('digest')
    .limit(limit)
}

async function followersOf(db: Queries, id: number, digests: readonly Digest[]): Promise<readonly FollowerRow[]> {
  const children = await db
    .selectFrom('manifest_references')
    .select(['manifest as of', 'target as digest'])
    .where('repository_id', '=', id)
    .where('manifest', 'in', [...digests])
    .where('kind', '=', 'manifest')
    .execute()
  const referrers = await db
    .selectFrom('manifests')
    .select(['subject as of', 'digest'])
    .where('repository_id', '=', id)
    .where('subject', 'in', [...digests])
    .$narrowType<{ of: Digest }>()
    .execute()
  return [...children, ...referrers]
}
