import type { Digest } from '../../oci/index.ts'
import type { Queries } from './engine.ts'
import type { ReferenceKind } from './schema.ts'

export interface Candidate {
  readonly repositoryId: number
  readonly digest: Digest
  readonly kind: ReferenceKind
}

/** Asks garbage collection to look at `digest` once the grace period after `now` has passed. */
export async function nominate(queries: Queries, candidate: Candidate, now: number): Promise<void> {
  await queries
    .insertInto('collection_candidates')
    .values({ repository_id: candidate.repositoryId, digest: candidate.digest, kind: candidate.kind, since: now })
    .onConflict(conflict => conflict.columns(['repository_id', 'digest', 'kind']).doUpdateSet({ since: now }))
    .execute()
}

export function withdraw(queries: Queries, { repositoryId, digest, kind }: Candidate): Promise<void> {
  return withdrawAll(queries, { repositoryId, digests: [digest], kind })
}

export async function withdrawAll(
  queries: Queries,
  { repositoryId, digests, kind }: Omit<Candidate, 'digest'> & { readonly digests: readonly Digest[] },
): Promise<void> {
  await queries
    .deleteFrom('collection_candidates')
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', digests)
    .where('kind', '=', kind)
    .execute()
}

/** Since when garbage collection is asked to look at it; undefined when it is not. */
export async function nominatedSince(
  queries: Queries,
  { repositoryId, digest, kind }: Candidate,
): Promise<number | undefined> {
  const row = await queries
    .selectFrom('collection_candidates')
    .select('since')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .where('kind', '=', kind)
    .executeTakeFirst()
  return row?.since
}

/** A manifest of the repository that names it: an image for a blob, an index for a manifest. */
export async function manifestNaming(
  queries: Queries,
  { repositoryId, digest, kind }: Candidate,
): Promise<Digest | undefined> {
  const row = await queries
    .selectFrom('manifest_references')
    .select('manifest')
    .where('repository_id', '=', repositoryId)
    .where('target', '=', digest)
    .where('kind', '=', kind)
    .limit(1)
    .executeTakeFirst()
  return row?.manifest
}

export async function isTagged(queries: Queries, repositoryId: number, digest: Digest): Promise<boolean> {
  const row = await queries
    .selectFrom('tags')
    .select('name')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** An untagged manifest that no index names may go one day, if the operator wants that. */
export async function nominateUntagged(queries: Queries, id: number, digest: Digest, now: number): Promise<void> {
  const candidate = { repositoryId: id, digest, kind: 'manifest' as const }
  if (await isTagged(queries, id, digest)) await withdraw(queries, candidate)
  else await nominate(queries, candidate, now)
}
