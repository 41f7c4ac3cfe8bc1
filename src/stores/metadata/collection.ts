import type { Digest, RepositoryName } from '../../oci/index.ts'
import { dropLink } from './blob-links.ts'
import { type Candidate, isTagged, manifestNaming, nominatedSince, withdraw } from './candidates.ts'
import { dropManifest } from './drop-manifest.ts'
import type { Engine, Queries } from './engine.ts'
import { isManifest } from './is-manifest.ts'
import { isLockedAgainstDeletion } from './protection.ts'
import type { ReferenceKind } from './schema.ts'
import { areBytesHeldByTrash, isHeldByTrash, isInTrash } from './trash/holds.ts'

/** A place in the queue of candidates: they are looked at in order of age. */
export interface NominatedCandidate extends Candidate {
  readonly repository: RepositoryName
  readonly since: number
  /** Bytes of the blob or manifest; 0 when it is gone already. */
  readonly sizeBytes: number
}

export type Verdict = 'removed' | 'needed' | 'gone'

/** What garbage collection reads and does; each change checks again, in its own transaction, that it may. */
export interface Collection {
  /** Candidates nominated before `before`, oldest first. */
  candidates(
    kind: ReferenceKind,
    page: { before: number; after?: NominatedCandidate; limit: number },
  ): Promise<readonly NominatedCandidate[]>
  /** How many there are. */
  count(kind: ReferenceKind, before: number): Promise<number>
  /** Would it be removed, and would that free its stored object? Changes nothing. */
  judge(candidate: NominatedCandidate, before: number): Promise<{ readonly verdict: Verdict; readonly frees: boolean }>
  /** Removes those that are still unreferenced and still as old; durable. The others are no longer candidates. */
  collect(candidates: readonly NominatedCandidate[], now: number): Promise<readonly Verdict[]>
}

export function createCollection(engine: Engine): Collection {
  return {
    candidates: (kind, page) => listCandidates(engine.db, kind, page),
    async count(kind, before) {
      const { count } = await engine.db
        .selectFrom('collection_candidates')
        .select(({ fn }) => fn.countAll<number | bigint | string>().as('count'))
        .where('kind', '=', kind)
        .where('since', '<=', before)
        .executeTakeFirstOrThrow()
      return Number(count)
    },
    async judge(candidate, before) {
      const judged = await judge(engine.db, candidate)
      const verdict = judged === 'locked' ? 'needed' : judged
      return { verdict, frees: verdict === 'removed' && (await frees(engine.db, candidate, before)) }
    },
    collect: (candidates, now) =>
      engine.write(async queries => {
        const verdicts: Verdict[] = []
        for (const candidate of candidates) verdicts.push(await collectOne(queries, candidate, now))
        return verdicts
      }),
  }
}

async function listCandidates(
  queries: Queries,
  kind: ReferenceKind,
  { before, after, limit }: Parameters<Collection['candidates']>[1],
): Promise<readonly NominatedCandidate[]> {
  const rows = await queries
    .selectFrom('collection_candidates as candidate')
    .innerJoin('repositories', 'repositories.id', 'candidate.repository_id')
    .leftJoin('blobs', join => join.onRef('blobs.digest', '=', 'candidate.digest').on('candidate.kind', '=', 'blob'))
    .leftJoin('manifests', join =>
      join
        .onRef('manifests.repository_id', '=', 'candidate.repository_id')
        .onRef('manifests.digest', '=', 'candidate.digest')
        .on('candidate.kind', '=', 'manifest'),
    )
    .select([
      'candidate.repository_id as repositoryId',
      'repositories.name as repository',
      'candidate.digest',
      'candidate.kind',
      'candidate.since',
      'blobs.size_bytes as blobBytes',
      'manifests.size_bytes as manifestBytes',
    ])
    .where('candidate.kind', '=', kind)
    .where('candidate.since', '<=', before)
    .$if(after !== undefined, query =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple('candidate.since', 'candidate.repository_id', 'candidate.digest'),
          '>',
          tuple(after?.since ?? 0, after?.repositoryId ?? 0, after?.digest ?? ('' as Digest)),
        ),
      ),
    )
    .orderBy('candidate.since')
    .orderBy('candidate.repository_id')
    .orderBy('candidate.digest')
    .limit(limit)
    .execute()
  return rows.map(({ blobBytes, manifestBytes, ...row }) => ({ ...row, sizeBytes: blobBytes ?? manifestBytes ?? 0 }))
}

/** `locked`: unreferenced, and a lock keeps it: it stays a candidate, for the time when the lock is taken away. */
async function judge(queries: Queries, candidate: NominatedCandidate): Promise<Verdict | 'locked'> {
  const { repositoryId, digest, kind } = candidate
  if (kind === 'blob') {
    const link = await queries
      .selectFrom('repository_blobs')
      .select('digest')
      .where('repository_id', '=', repositoryId)
      .where('digest', '=', digest)
      .executeTakeFirst()
    if (!link) return 'gone'
    if (await manifestNaming(queries, candidate)) return 'needed'
    return (await isHeldByTrash(queries, candidate)) ? 'needed' : 'removed'
  }
  const manifest = await queries
    .selectFrom('manifests')
    .select('subject')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .executeTakeFirst()
  if (!manifest) return 'gone'
  if (await manifestNaming(queries, candidate)) return 'needed'
  if (await isTagged(queries, repositoryId, digest)) return 'needed'
  if (await isHeldByTrash(queries, candidate)) return 'needed'
  const { subject } = manifest
  if (subject && (await isManifest(queries, repositoryId, subject))) return 'needed'
  if (subject && (await isInTrash(queries, repositoryId, subject))) return 'needed'
  return (await isLockedAgainstDeletion(queries, repositoryId, digest)) ? 'locked' : 'removed'
}

/** True for the first of those links that all go together, so that a stored object is counted once. */
async function frees(
  queries: Queries,
  { repositoryId, digest, kind }: NominatedCandidate,
  before: number,
): Promise<boolean> {
  if (kind === 'manifest' || (await areBytesHeldByTrash(queries, digest))) return false
  const others = await queries
    .selectFrom('repository_blobs as link')
    .leftJoin('collection_candidates as candidate', join =>
      join
        .onRef('candidate.repository_id', '=', 'link.repository_id')
        .onRef('candidate.digest', '=', 'link.digest')
        .on('candidate.kind', '=', 'blob'),
    )
    .select(['link.repository_id', 'candidate.since'])
    .where('link.digest', '=', digest)
    .where('link.repository_id', '!=', repositoryId)
    .execute()
  return others.every(other => other.since !== null && other.since <= before && other.repository_id > repositoryId)
}

async function collectOne(queries: Queries, candidate: NominatedCandidate, now: number): Promise<Verdict> {
  // Somebody may have renewed the nomination since it was read; then its time has not come.
  if ((await nominatedSince(queries, candidate)) !== candidate.since) return 'needed'
  const verdict = await judge(queries, candidate)
  const { repositoryId, digest, kind } = candidate
  if (verdict === 'locked') return 'needed'
  if (verdict !== 'removed') await withdraw(queries, candidate)
  else if (kind === 'blob') await dropLink(queries, { repositoryId, digest, now })
  else await dropManifest(queries, repositoryId, digest, now)
  return verdict
}
