import { sql } from 'kysely'
import type { Digest } from '../../../oci/index.ts'
import type { Queries } from '../engine.ts'
import type { Page } from '../repositories.ts'
import { listed } from './listed.ts'

/** A manifest names a blob. */
export interface BlobUse {
  readonly manifest: Digest
  readonly blob: Digest
  /** 0 for one that is not there. */
  readonly sizeBytes: number
}

export async function blobUses(db: Queries, id: number, manifests: readonly Digest[]): Promise<readonly BlobUse[]> {
  // Blobs lie all over the table, and a look at each takes longer than all the rest.
  const sizeBytes = sql<number>`coalesce(reference.size_bytes,
    (select blobs.size_bytes from blobs where blobs.digest = reference.target), 0)`
  const rows = await db
    .selectFrom('manifest_references as reference')
    .select(['reference.manifest', 'reference.target as blob', sizeBytes.as('sizeBytes')])
    .where('reference.repository_id', '=', id)
    .where('reference.manifest', 'in', listed(db, manifests))
    .where('reference.kind', '=', 'blob')
    .execute()
  // PostgreSQL counts in numbers that may be too large for JavaScript's.
  return rows.map(({ manifest, blob, sizeBytes }) => ({ manifest, blob, sizeBytes: Number(sizeBytes) }))
}

/** Blobs that several manifests of the repository name, and how many do, by digest. */
export async function sharedIn(
  db: Queries,
  id: number,
  { after, limit }: Page<SharedBlob>,
): Promise<readonly SharedBlob[]> {
  const rows = await db
    .selectFrom('manifest_references')
    .select(({ fn }) => ['target as digest', fn.countAll<number | string>().as('uses')])
    .where('repository_id', '=', id)
    .where('target', '>', after?.digest ?? ('' as Digest))
    .where('kind', '=', 'blob')
    .groupBy('target')
    .having(({ fn }) => fn.countAll(), '>', 1)
    .orderBy('target')
    .limit(limit)
    .execute()
  return rows.map(({ digest, uses }) => ({ digest, uses: Number(uses) }))
}

export interface SharedBlob {
  readonly digest: Digest
  readonly uses: number
}

/** Those of the blobs that several repositories have. */
export async function inSeveral(db: Queries, blobs: readonly Digest[]): Promise<ReadonlySet<Digest>> {
  const rows = await db
    .selectFrom('repository_blobs')
    .select('digest')
    .where('digest', 'in', listed(db, blobs))
    .groupBy('digest')
    .having(({ fn }) => fn.countAll(), '>', 1)
    .execute()
  return new Set(rows.map(({ digest }) => digest))
}

/** All blobs that several repositories have, by digest. */
export function allInSeveral(db: Queries, { after, limit }: Page<{ readonly digest: Digest }>) {
  return db
    .selectFrom('repository_blobs')
    .select('digest')
    .where('digest', '>', after?.digest ?? ('' as Digest))
    .groupBy('digest')
    .having(({ fn }) => fn.countAll(), '>', 1)
    .orderBy('digest')
    .limit(limit)
    .execute()
}

export async function usesIn(db: Queries, id: number, blobs: readonly Digest[]): Promise<ReadonlyMap<Digest, number>> {
  const rows = await db
    .selectFrom('manifest_references')
    .select(({ fn }) => ['target', fn.countAll<number | string>().as('uses')])
    .where('repository_id', '=', id)
    .where('target', 'in', listed(db, blobs))
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
    .where('link.digest', 'in', listed(db, blobs))
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
