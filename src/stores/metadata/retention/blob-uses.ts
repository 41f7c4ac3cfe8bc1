import { sql } from 'kysely'
import type { Digest } from '../../../oci/index.ts'
import type { Queries } from '../engine.ts'

/** A manifest names a blob. */
export interface BlobUse {
  readonly manifest: Digest
  readonly blob: Digest
  readonly sizeBytes: number
  /** No other manifest of the repository names it, */
  readonly isOwn: boolean
  /** and no other repository has it. */
  readonly isOnlyHere: boolean
}

/** Blobs that are not there are left out. */
export async function blobUses(db: Queries, id: number, manifests: readonly Digest[]): Promise<readonly BlobUse[]> {
  // Two are enough to know, of a layer that a million images have.
  const uses = sql<number>`(select count(*) from (select 1 from manifest_references as other
    where other.repository_id = reference.repository_id and other.target = reference.target and other.kind = 'blob'
    limit 2) as places)`
  const links = sql<number>`(select count(*) from (select 1 from repository_blobs as link
    where link.digest = reference.target limit 2) as places)`
  const rows = await db
    .selectFrom('manifest_references as reference')
    .innerJoin('blobs', 'blobs.digest', 'reference.target')
    .select(['reference.manifest', 'reference.target', 'blobs.size_bytes', uses.as('uses'), links.as('links')])
    .where('reference.repository_id', '=', id)
    .where('reference.manifest', 'in', [...manifests])
    .where('reference.kind', '=', 'blob')
    .orderBy('reference.manifest')
    .orderBy('reference.target')
    .execute()
  return rows.map(row => ({
    manifest: row.manifest,
    blob: row.target,
    sizeBytes: row.size_bytes,
    isOwn: Number(row.uses) === 1,
    isOnlyHere: Number(row.links) <= 1,
  }))
}

export async function usesIn(db: Queries, id: number, blobs: readonly Digest[]): Promise<ReadonlyMap<Digest, number>> {
  const rows = await db
    .selectFrom('manifest_references')
    .select(({ fn }) => ['target', fn.countAll<number | string>().as('uses')])
    .where('repository_id', '=', id)
    .where('target', 'in', [...blobs])
    .where('kind', '=', 'blob')
    .groupBy('target')
    .execute()
  return new Map(rows.map(({ target, uses }) => [target, Number(uses)]))
}

/** A link that no manifest stands behind is of a push under way, or left for garbage collection. */
export async function holdersOf(db: Queries, blobs: readonly Digest[]): Promise<ReadonlyMap<Digest, number>> {
  const rows = await db
    .selectFrom('repository_blobs as link')
    .select(({ fn }) => ['link.digest', fn.countAll<number | string>().as('holders')])
    .where('link.digest', 'in', [...blobs])
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('manifest_references as reference')
          .select('reference.manifest')
          .whereRef('reference.repository_id', '=', 'link.repository_id')
          .whereRef('reference.target', '=', 'link.digest')
          .where('reference.kind', '=', 'blob'),
      ),
    )
    .groupBy('link.digest')
    .execute()
  return new Map(rows.map(({ digest, holders }) => [digest, Number(holders)]))
}
