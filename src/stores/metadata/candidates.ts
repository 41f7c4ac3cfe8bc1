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

export async function withdraw(queries: Queries, candidate: Candidate): Promise<void> {
  await queries
    .deleteFrom('collection_candidates')
    .where('repository_id', '=', candidate.repositoryId)
    .where('digest', '=', candidate.digest)
    .where('kind', '=', candidate.kind)
    .execute()
}
