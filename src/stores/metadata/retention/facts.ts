import { sql } from 'kysely'
import { type Digest, fallbackTags, type RepositoryName, type Tag } from '../../../oci/index.ts'
import type { Engine, Queries } from '../engine.ts'
import { type ProtectionFacts, protectionFacts, repositoryWithProtection } from '../protection.ts'
import type { Page } from '../repositories.ts'
import {
  allInSeveral,
  type BlobUse,
  blobUses,
  holdersOf,
  inSeveral,
  type SharedBlob,
  sharedIn,
  usesIn,
} from './blob-uses.ts'
import { listed } from './listed.ts'

/** Rows in the order of an index, a page at a time: read when they are asked for, and forgotten when the next is. */
export type Pages<Row> = AsyncIterable<readonly Row[]>

/** All that decides what stays in a repository. Times are milliseconds since the epoch. */
export interface RetentionReading {
  /** Repositories of the project, by name. */
  repositories(project: string): Pages<RepositoryRow>
  /** Since when pulls are recorded. */
  pullsSince(): Promise<number>
  tagCount(repositoryId: number): Promise<number>
  /** Tags image by image: by digest, then name. */
  tags(repositoryId: number): Pages<TagRow>
  /** Tags between two names, by name. */
  tagsBetween(repositoryId: number, range: { readonly from: string; readonly to: string }): Pages<TagRow>
  /** Manifests without a tag that no index names, by digest. */
  untagged(repositoryId: number): Pages<UntaggedRow>
  /** Which manifest is named by which index, by child. */
  children(repositoryId: number): Pages<ChildRow>
  /** Which manifest refers to which subject, by subject; the subject need not be there. */
  referrers(repositoryId: number): Pages<ReferrerRow>
  /** As `referrers`, and of what type each is. */
  typedReferrers(repositoryId: number): Pages<TypedReferrerRow>
  /** By digest. */
  manifests(repositoryId: number): Pages<ManifestRow>
  /** By digest. */
  details(repositoryId: number): Pages<DetailsRow>
  /** Labels that people gave to images, by digest and key. */
  labels(repositoryId: number): Pages<LabelRow>
  /** What was scanned, and how many critical vulnerabilities are known in it; by digest. */
  scanned(repositoryId: number): Pages<ScannedRow>
  /** By digest. */
  lastPulls(repositoryId: number): Pages<LastPullRow>
  /** All that must stay in the repository, whatever the rules of retention say; undefined when there is nothing. */
  protection(repository: RepositoryRow): Promise<ProtectionFacts | undefined>
  /** What would go with these if they went: children, referrers, what their fallback tags point to. */
  followers(repositoryId: number, digests: readonly Digest[]): Promise<readonly FollowerRow[]>
  /** The blobs that these manifests name, each as often as it is named. */
  blobUses(repositoryId: number, digests: readonly Digest[]): Promise<readonly BlobUse[]>
  /** Those of the blobs that several repositories have. */
  inSeveral(blobs: readonly Digest[]): Promise<ReadonlySet<Digest>>
  /** All blobs of the registry that several repositories have, by digest. */
  allInSeveral(): Pages<{ readonly digest: Digest }>
  /** Blobs that several manifests of the repository name, and how many do, by digest. */
  sharedIn(repositoryId: number): Pages<SharedBlob>
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
export interface ScannedRow {
  readonly digest: Digest
  /** PostgreSQL counts in numbers that may be too large for JavaScript's. */
  readonly critical: number | string
}
export interface LastPullRow {
  readonly digest: Digest
  readonly pulled_at: number
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
    repositories: project => pagesOf<RepositoryRow>(page => repositoriesOf(db, project, page)),
    async pullsSince() {
      return (await db.selectFrom('pull_records').select('since').executeTakeFirstOrThrow()).since
    },
    async tagCount(id) {
      const count = db.selectFrom('tags').select(({ fn }) => fn.countAll<number | string>().as('tags'))
      // PostgreSQL counts in numbers that may be too large for JavaScript's.
      return Number((await count.where('repository_id', '=', id).executeTakeFirstOrThrow()).tags)
    },
    tags: id => pagesOf<TagRow>(page => tagsIn(db, id, page)),
    tagsBetween: (id, range) => pagesOf<TagRow>(page => tagsBetween(db, id, range, page)),
    untagged: id => pagesOf<UntaggedRow>(page => untaggedIn(db, id, page)),
    children: id => pagesOf<ChildRow>(page => childrenIn(db, id, page)),
    referrers: id =>
      pagesOf<ReferrerRow>(page =>
        referrersIn(db, id, page).select(['subject', 'digest']).$narrowType<{ subject: Digest }>().execute(),
      ),
    typedReferrers: id =>
      pagesOf<TypedReferrerRow>(page =>
        referrersIn(db, id, page)
          .select(['subject', 'digest', 'artifact_type'])
          .$narrowType<{ subject: Digest }>()
          .execute(),
      ),
    manifests: id => pagesOf<ManifestRow>(page => manifestsIn(db, id, page)),
    details: id => pagesOf<DetailsRow>(page => detailsIn(db, id, page)),
    labels: id => pagesOf<LabelRow>(page => labelsIn(db, id, page)),
    scanned: id => pagesOf<ScannedRow>(page => scannedIn(db, id, page)),
    lastPulls: id => pagesOf<LastPullRow>(page => lastPullsIn(db, id, page)),
    async protection({ id, name: repository }) {
      const found = await repositoryWithProtection(db, repository)
      return found?.isProtected ? protectionFacts(db, { id, repository }) : undefined
    },
    followers: (id, digests) => followersOf(db, id, digests),
    blobUses: (id, digests) => blobUses(db, id, digests),
    inSeveral: blobs => inSeveral(db, blobs),
    allInSeveral: () => pagesOf<{ readonly digest: Digest }>(page => allInSeveral(db, page)),
    sharedIn: id => pagesOf<SharedBlob>(page => sharedIn(db, id, page)),
    usesIn: (id, blobs) => usesIn(db, id, blobs),
    holdersOf: blobs => holdersOf(db, blobs),
  }
}

/** Large enough that asking costs little beside reading, small enough that a page is soon forgotten. */
const PAGE_ROWS = 500
/** A collection takes some hundredths of a second, and few repositories are so large that there is one. */
const PAGES_BETWEEN_COLLECTIONS = 150

async function* pagesOf<Row>(read: (page: Page<Row>) => Promise<readonly Row[]>): Pages<Row> {
  let after: Row | undefined
  let pages = 0
  do {
    const rows = await read({ after, limit: PAGE_ROWS })
    if (rows.length > 0) yield rows
    // SQLite answers at once, and requests are waiting.
    await new Promise(resolve => setImmediate(resolve))
    // What was read is done with; left to itself, the heap would grow by as much again as all that is kept.
    pages += 1
    if (pages % PAGES_BETWEEN_COLLECTIONS === 0) Bun.gc(true)
    after = rows.length < PAGE_ROWS ? undefined : rows.at(-1)
  } while (after !== undefined)
}

/** Behind the last row of the page before, in the order of two columns. */
function beyond(first: string, second: string, after: readonly [string, string] | undefined) {
  if (!after) return sql<boolean>`1 = 1`
  return sql<boolean>`(${sql.ref(first)}, ${sql.ref(second)}) > (${after[0]}, ${after[1]})`
}

function repositoriesOf(db: Queries, project: string, { after, limit }: Page<RepositoryRow>) {
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
    .where('name', '>', after?.name ?? ('' as RepositoryName))
    .orderBy('name')
    .limit(limit)
    .execute()
}

function untaggedIn(db: Queries, id: number, { after, limit }: Page<UntaggedRow>) {
  return db
    .selectFrom('manifests')
    .select(['manifests.digest', 'manifests.pushed_at', 'manifests.subject'])
    .where('manifests.repository_id', '=', id)
    .where('manifests.digest', '>', after?.digest ?? ('' as Digest))
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

function tagsIn(db: Queries, id: number, { after, limit }: Page<TagRow>) {
  return db
    .selectFrom('tags')
    .select(['digest', 'name', 'updated_at'])
    .where('repository_id', '=', id)
    .where(beyond('digest', 'name', after && [after.digest, after.name]))
    .orderBy('digest')
    .orderBy('name')
    .limit(limit)
    .execute()
}

function tagsBetween(
  db: Queries,
  id: number,
  { from, to }: { readonly from: string; readonly to: string },
  { after, limit }: Page<TagRow>,
) {
  return db
    .selectFrom('tags')
    .select(['digest', 'name', 'updated_at'])
    .where('repository_id', '=', id)
    .where('name', '>', after?.name ?? (from as Tag))
    .where('name', '<', to as Tag)
    .orderBy('name')
    .limit(limit)
    .execute()
}

function childrenIn(db: Queries, id: number, { after, limit }: Page<ChildRow>) {
  return (
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
      .execute()
  )
}

function labelsIn(db: Queries, id: number, { after, limit }: Page<LabelRow>) {
  return (
    db
      .selectFrom('labels')
      .select(['digest', 'key', 'value'])
      .where('repository_id', '=', id)
      // Those of the repository itself have none.
      .where('digest', '>', '' as Digest)
      .where(beyond('digest', 'key', after && [after.digest, after.key]))
      .orderBy('digest')
      .orderBy('key')
      .limit(limit)
      .$narrowType<{ digest: Digest }>()
      .execute()
  )
}

function manifestsIn(db: Queries, id: number, { after, limit }: Page<ManifestRow>) {
  return db
    .selectFrom('manifests')
    .select(['digest', 'artifact_type', 'annotations'])
    .where('repository_id', '=', id)
    .where('digest', '>', after?.digest ?? ('' as Digest))
    .orderBy('digest')
    .limit(limit)
    .execute()
}

function detailsIn(db: Queries, id: number, { after, limit }: Page<DetailsRow>) {
  return db
    .selectFrom('image_details')
    .select(['digest', 'platforms', 'labels'])
    .where('repository_id', '=', id)
    .where('digest', '>', after?.digest ?? ('' as Digest))
    .orderBy('digest')
    .limit(limit)
    .execute()
}

function scannedIn(db: Queries, id: number, { after, limit }: Page<ScannedRow>) {
  return db
    .selectFrom('manifests')
    .innerJoin('inventories', 'inventories.digest', 'manifests.digest')
    .select('manifests.digest')
    .select(({ selectFrom }) =>
      selectFrom('inventory_packages as held')
        .innerJoin('package_findings as finding', 'finding.package_id', 'held.package_id')
        .select(({ fn }) => fn.countAll<number | string>().as('critical'))
        .whereRef('held.inventory_id', '=', 'inventories.id')
        .where('finding.severity', '=', 'critical')
        .where('finding.ended_at', 'is', null)
        .$asScalar()
        .$notNull()
        .as('critical'),
    )
    .where('manifests.repository_id', '=', id)
    .where('manifests.digest', '>', after?.digest ?? ('' as Digest))
    .where('inventories.state', 'in', ['read', 'unsupported'])
    .orderBy('manifests.digest')
    .limit(limit)
    .execute()
}

function lastPullsIn(db: Queries, id: number, { after, limit }: Page<LastPullRow>) {
  return db
    .selectFrom('last_pulls')
    .select(['digest', 'pulled_at'])
    .where('repository_id', '=', id)
    .where('digest', '>', after?.digest ?? ('' as Digest))
    .orderBy('digest')
    .limit(limit)
    .execute()
}

async function followersOf(db: Queries, id: number, digests: readonly Digest[]): Promise<readonly FollowerRow[]> {
  const children = await db
    .selectFrom('manifest_references')
    .select(['manifest as of', 'target as digest'])
    .where('repository_id', '=', id)
    .where('manifest', 'in', listed(db, digests))
    .where('kind', '=', 'manifest')
    .execute()
  const referrers = await db
    .selectFrom('manifests')
    .select(['subject as of', 'digest'])
    .where('repository_id', '=', id)
    .where('subject', 'in', listed(db, digests))
    .$narrowType<{ of: Digest }>()
    .execute()
  const subjects = new Map(digests.flatMap(digest => fallbackTags(digest).map(tag => [tag, digest])))
  const tags = await db
    .selectFrom('tags')
    .select(['name', 'digest'])
    .where('repository_id', '=', id)
    .where('name', 'in', [...subjects.keys()])
    .execute()
  const fallbacks = tags.map(({ name, digest }) => ({ of: subjects.get(name) as Digest, digest }))
  return [...children, ...referrers, ...fallbacks]
}
