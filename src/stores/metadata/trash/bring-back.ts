import { sql } from 'kysely'
import type { Digest } from '../../../oci/index.ts'
import { linkBlob } from '../blob-links.ts'
import { withdrawAll } from '../candidates.ts'
import { chunks } from '../chunks.ts'
import type { Queries } from '../engine.ts'
import type { TrashEntry } from './entries.ts'

/** Puts the manifest back as it was, with what it names and its labels, and without its tags. */
export async function bringBackManifest(queries: Queries, entry: TrashEntry, now: number): Promise<void> {
  await linkBlobs(queries, entry, now)
  await insertManifest(queries, entry, now)
  await insertReferences(queries, entry)
  await insertLabels(queries, entry)
}

/** Those that somebody took out of the repository meanwhile. */
async function linkBlobs(queries: Queries, { id, repositoryId }: TrashEntry, now: number): Promise<void> {
  const absent = await queries
    .selectFrom('trash_references as reference')
    .innerJoin('repositories', 'repositories.id', 'reference.repository_id')
    .select(['reference.target', 'repositories.project_id as projectId'])
    .where('reference.trash_id', '=', id)
    .where('reference.kind', '=', 'blob')
    .where('reference.is_held', '=', 1)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('repository_blobs')
            .select('digest')
            .whereRef('repository_blobs.repository_id', '=', 'reference.repository_id')
            .whereRef('repository_blobs.digest', '=', 'reference.target'),
        ),
      ),
    )
    .execute()
  for (const { target: digest, projectId } of absent) {
    const place = { id: repositoryId, projectId: projectId as number }
    await linkBlob(queries, { place, digest, now })
  }
}

/** As pushed now: what counts days or the newest takes a restored manifest for a new one, and does not take it again. */
async function insertManifest(queries: Queries, { id }: TrashEntry, now: number): Promise<void> {
  const same = [
    'repository_id',
    'digest',
    'media_type',
    'artifact_type',
    'subject',
    'annotations',
    'size_bytes',
    'state',
    'bytes',
  ] as const
  await queries
    .insertInto('manifests')
    .columns([...same, 'pushed_at'])
    .expression(
      queries
        .selectFrom('trash')
        .select(same)
        .select(sql<number>`cast(${now} as bigint)`.as('pushed_at'))
        .where('id', '=', id) as never,
    )
    .onConflict(conflict =>
      conflict
        .columns(['repository_id', 'digest'])
        .doUpdateSet({ state: 'stored', bytes: ({ ref }) => ref('excluded.bytes') })
        // What was pushed again since is whole.
        .where('manifests.state', '=', 'damaged'),
    )
    .execute()
}

async function insertReferences(queries: Queries, { id, repositoryId, digest }: TrashEntry): Promise<void> {
  await queries
    .insertInto('manifest_references')
    .columns(['repository_id', 'manifest', 'target', 'kind'])
    .expression(
      queries
        .selectFrom('trash_references')
        .select('repository_id')
        .select(sql<Digest>`cast(${digest} as text)`.as('manifest'))
        .select(['target', 'kind'])
        .where('trash_id', '=', id),
    )
    .onConflict(conflict => conflict.columns(['repository_id', 'manifest', 'target', 'kind']).doNothing())
    .execute()
  const rows = await queries
    .selectFrom('trash_references')
    .select(['target', 'kind'])
    .where('trash_id', '=', id)
    .execute()
  for (const kind of ['blob', 'manifest'] as const) {
    const named = rows.filter(row => row.kind === kind).map(row => row.target)
    for (const digests of chunks(named)) await withdrawAll(queries, { repositoryId, digests, kind })
  }
}

async function insertLabels(queries: Queries, { id, repositoryId, digest }: TrashEntry): Promise<void> {
  const row = await queries.selectFrom('trash').select('labels').where('id', '=', id).executeTakeFirst()
  const labels = JSON.parse(row?.labels ?? '[]') as { key: string; value: string; set_at: number }[]
  if (labels.length === 0) return
  await queries
    .insertInto('labels')
    .values(labels.map(label => ({ ...label, repository_id: repositoryId, digest })))
    .onConflict(conflict => conflict.columns(['repository_id', 'digest', 'key']).doNothing())
    .execute()
}
