import { type Digest, fallbackTags, type RepositoryName, type Tag } from '../../../oci/index.ts'
import type { Queries } from '../engine.ts'
import type { TrashKind } from '../schema-trash.ts'

/** Something that was deleted. Times are milliseconds since the epoch. */
export interface TrashEntry {
  readonly id: string
  readonly repository: RepositoryName
  readonly repositoryId: number
  readonly kind: TrashKind
  /** The manifest, or where the tag pointed. */
  readonly digest: Digest
  readonly tags: readonly Tag[]
  /** Of a manifest. */
  readonly mediaType?: string
  readonly artifactType?: string
  readonly subject?: Digest
  readonly sizeBytes?: number
  readonly isDamaged?: true
  /** The same for all that one request or one run deleted. */
  readonly deletion: string
  readonly deletedAt: number
  readonly expiresAt: number
  readonly deletedBy: string
  readonly rule?: string
}

export interface TrashFilter {
  readonly project: string
  readonly repository?: RepositoryName | undefined
  readonly deletion?: string | undefined
}

export interface TrashPage {
  readonly after?: string | undefined
  readonly limit: number
  /** Newest first unless given. */
  readonly order?: 'oldest first'
}

export async function listEntries(
  queries: Queries,
  { project, repository, deletion }: TrashFilter,
  { after, limit, order }: TrashPage,
): Promise<readonly TrashEntry[]> {
  const direction = order === 'oldest first' ? 'asc' : 'desc'
  const repositories = queries
    .selectFrom('repositories')
    .innerJoin('projects', 'projects.id', 'repositories.project_id')
    .select('repositories.id')
    .where('projects.name', '=', project)
    .$if(repository !== undefined, query => query.where('repositories.name', '=', repository as RepositoryName))
  const rows = await selectEntries(queries)
    .where('trash.repository_id', 'in', repositories)
    .$if(deletion !== undefined, query => query.where('trash.deletion', '=', deletion as string))
    .$if(after !== undefined, query => query.where('trash.id', direction === 'asc' ? '>' : '<', after as string))
    .orderBy('trash.id', direction)
    .limit(limit)
    .execute()
  return rows.map(entryOf)
}

export async function findEntry(queries: Queries, id: string): Promise<TrashEntry | undefined> {
  const row = await selectEntries(queries).where('trash.id', '=', id).executeTakeFirst()
  return row && entryOf(row)
}

/** The manifest in the trash of a repository: of several the one of that deletion, or else the newest. */
export async function findManifest(
  queries: Queries,
  { repositoryId, digest, deletion }: { repositoryId: number; digest: Digest; deletion: string },
): Promise<TrashEntry | undefined> {
  const rows = await selectEntries(queries)
    .where('trash.repository_id', '=', repositoryId)
    .where('trash.digest', '=', digest)
    .where('trash.kind', '=', 'manifest')
    .orderBy('trash.id', 'desc')
    .execute()
  const row = rows.find(each => each.deletion === deletion) ?? rows[0]
  return row && entryOf(row)
}

/** What went in the same deletion and belongs to the manifest: what refers to it, and tags that were taken from it. */
export async function companionsOf(
  queries: Queries,
  { repositoryId, digest, deletion }: TrashEntry,
): Promise<readonly TrashEntry[]> {
  const ofReferrers = fallbackTags(digest).map(tag => JSON.stringify([tag]))
  const rows = await selectEntries(queries)
    .where('trash.deletion', '=', deletion)
    .where('trash.repository_id', '=', repositoryId)
    .where(({ eb, or, and }) =>
      or([
        and([eb('trash.kind', '=', 'manifest'), eb('trash.subject', '=', digest)]),
        and([eb('trash.kind', '=', 'tag'), eb('trash.digest', '=', digest)]),
        and([eb('trash.kind', '=', 'tag'), eb('trash.tags', 'in', ofReferrers)]),
      ]),
    )
    .orderBy('trash.id')
    .execute()
  return rows.map(entryOf)
}

/** Without the bytes. */
function selectEntries(queries: Queries) {
  return queries
    .selectFrom('trash')
    .innerJoin('repositories', 'repositories.id', 'trash.repository_id')
    .select([
      'trash.id',
      'repositories.name as repository',
      'trash.repository_id as repositoryId',
      'trash.kind',
      'trash.digest',
      'trash.tags',
      'trash.media_type as mediaType',
      'trash.artifact_type as artifactType',
      'trash.subject',
      'trash.size_bytes as sizeBytes',
      'trash.state',
      'trash.deletion',
      'trash.deleted_at as deletedAt',
      'trash.expires_at as expiresAt',
      'trash.deleted_by as deletedBy',
      'trash.rule',
    ])
}

type Row = Awaited<ReturnType<ReturnType<typeof selectEntries>['execute']>>[number]

function entryOf({ tags, mediaType, artifactType, subject, sizeBytes, state, rule, ...row }: Row): TrashEntry {
  return {
    ...row,
    tags: JSON.parse(tags) as Tag[],
    ...(mediaType === null ? {} : { mediaType }),
    ...(artifactType === null ? {} : { artifactType }),
    ...(subject === null ? {} : { subject }),
    ...(sizeBytes === null ? {} : { sizeBytes }),
    ...(state === 'damaged' ? { isDamaged: true } : {}),
    ...(rule === null ? {} : { rule }),
  }
}
