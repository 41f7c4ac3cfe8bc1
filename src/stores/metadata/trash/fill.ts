import { sql } from 'kysely'
import type { Digest, Tag } from '../../../oci/index.ts'
import type { Queries } from '../engine.ts'

/** Who takes something out of a repository, and why. */
export interface Discard {
  readonly now: number
  /** The name of the principal. */
  readonly by: string
  /** The rule that decided it; absent when a person did. */
  readonly rule?: string | undefined
  /** The same for all that one request or one run takes out: it can be restored together. */
  readonly deletion: string
  /** How long it lies in the trash, unless its project says otherwise; 0: not at all. */
  readonly trashMs: number
}

const DAY_MS = 24 * 3600 * 1000
const NEW_COLUMNS = [
  'id',
  'repository_id',
  'kind',
  'digest',
  'tags',
  'labels',
  'deletion',
  'deleted_at',
  'expires_at',
  'deleted_by',
  'rule',
] as const
const MANIFEST_COLUMNS = [
  'media_type',
  'artifact_type',
  'subject',
  'annotations',
  'size_bytes',
  'pushed_at',
  'state',
  'bytes',
] as const
const NO_MANIFEST = {
  labels: null,
  media_type: null,
  artifact_type: null,
  subject: null,
  annotations: null,
  size_bytes: null,
  pushed_at: null,
  state: null,
  bytes: null,
}

/** Keeps what is needed to restore the tag, unless the project or the registry keeps nothing. */
export async function trashTag(
  queries: Queries,
  { repositoryId, tag, digest }: { readonly repositoryId: number; readonly tag: Tag; readonly digest: Digest },
  discard: Discard,
): Promise<void> {
  const keptMs = await keptFor(queries, repositoryId, discard)
  if (keptMs <= 0) return
  const entry = entryOf(discard, keptMs)
  await queries
    .insertInto('trash')
    .values({
      ...entry,
      ...NO_MANIFEST,
      repository_id: repositoryId,
      kind: 'tag',
      digest,
      tags: JSON.stringify([tag]),
    })
    .execute()
  await queries
    .insertInto('trash_references')
    .values({ trash_id: entry.id, target: digest, kind: 'manifest', repository_id: repositoryId, is_held: 1 })
    .execute()
}

/** As {@link trashTag}, for the manifest with its tags; asked before they are taken out. */
export async function trashManifest(
  queries: Queries,
  { repositoryId, digest }: { readonly repositoryId: number; readonly digest: Digest },
  discard: Discard,
): Promise<void> {
  const keptMs = await keptFor(queries, repositoryId, discard)
  if (keptMs <= 0) return
  const tags = await queries
    .selectFrom('tags')
    .select('name')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .orderBy('name')
    .execute()
  const labels = await queries
    .selectFrom('labels')
    .select(['key', 'value', 'set_at'])
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .orderBy('key')
    .execute()
  const { id, deletion, deleted_at, expires_at, deleted_by, rule } = entryOf(discard, keptMs)
  // Within the database: the bytes need not come here.
  await queries
    .insertInto('trash')
    .columns([...NEW_COLUMNS, ...MANIFEST_COLUMNS])
    .expression(
      queries
        .selectFrom('manifests')
        .select(({ ref }) => [
          textValue(id).as('id'),
          ref('repository_id').as('repository_id'),
          textValue('manifest').as('kind'),
          ref('digest').as('digest'),
          textValue(JSON.stringify(tags.map(({ name }) => name))).as('tags'),
          textValue(JSON.stringify(labels)).as('labels'),
          textValue(deletion).as('deletion'),
          numberValue(deleted_at).as('deleted_at'),
          numberValue(expires_at).as('expires_at'),
          textValue(deleted_by).as('deleted_by'),
          textValue(rule).as('rule'),
        ])
        .select([...MANIFEST_COLUMNS])
        .where('repository_id', '=', repositoryId)
        .where('digest', '=', digest),
    )
    .execute()
  await keepReferences(queries, { id, repositoryId, digest })
}

async function keepReferences(
  queries: Queries,
  { id, repositoryId, digest }: { readonly id: string; readonly repositoryId: number; readonly digest: Digest },
): Promise<void> {
  await queries
    .insertInto('trash_references')
    .columns(['trash_id', 'target', 'kind', 'repository_id', 'is_held'])
    .expression(
      queries
        .selectFrom('manifest_references as reference')
        .select(textValue(id).as('trash_id'))
        .select(['reference.target', 'reference.kind', 'reference.repository_id'])
        .select(({ selectFrom }) =>
          sql<number>`case
            when reference.kind = 'blob' and exists ${selectFrom('repository_blobs as link')
              .select('link.digest')
              .whereRef('link.repository_id', '=', 'reference.repository_id')
              .whereRef('link.digest', '=', 'reference.target')} then 1
            when reference.kind = 'manifest' and exists ${selectFrom('manifests as child')
              .select('child.digest')
              .whereRef('child.repository_id', '=', 'reference.repository_id')
              .whereRef('child.digest', '=', 'reference.target')} then 1
            else 0 end`.as('is_held'),
        )
        .where('reference.repository_id', '=', repositoryId)
        .where('reference.manifest', '=', digest),
    )
    .execute()
}

/** What the project says, or else the registry. */
async function keptFor(queries: Queries, repositoryId: number, { trashMs }: Discard): Promise<number> {
  const row = await queries
    .selectFrom('repositories')
    .innerJoin('projects', 'projects.id', 'repositories.project_id')
    .select('projects.trash_days')
    .where('repositories.id', '=', repositoryId)
    .executeTakeFirst()
  return row && row.trash_days !== null ? row.trash_days * DAY_MS : trashMs
}

function entryOf({ now, by, rule, deletion }: Discard, keptMs: number) {
  return {
    id: Bun.randomUUIDv7('hex', now),
    deletion,
    deleted_at: now,
    expires_at: now + keptMs,
    deleted_by: by,
    rule: rule ?? null,
  }
}

/** Where a value stands for a column of a query, PostgreSQL must be told its type. */
function textValue<Value extends string | null>(value: Value) {
  return sql<Value>`cast(${value} as text)`
}

function numberValue(value: number) {
  return sql<number>`cast(${value} as bigint)`
}
