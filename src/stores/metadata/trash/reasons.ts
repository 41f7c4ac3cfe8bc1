import type { Digest, Tag } from '../../../oci/index.ts'
import type { Candidate } from '../candidates.ts'
import type { Queries } from '../engine.ts'

/** `itself`: it is the deleted manifest; `subject`: what it refers to was deleted; `needed`: an entry names it. */
export interface TrashReason {
  readonly why: 'itself' | 'subject' | 'needed'
  /** The entry: the tag, or else the manifest. */
  readonly tag?: Tag
  readonly digest: Digest
  readonly until: number
}

/** Repositories that have the manifest in their trash, at most a thousand. */
export function trashPlaces(queries: Queries, digest: Digest) {
  return queries
    .selectFrom('trash')
    .innerJoin('repositories', 'repositories.id', 'trash.repository_id')
    .select(['repositories.id', 'repositories.name'])
    .distinct()
    .where('trash.digest', '=', digest)
    .where('trash.kind', '=', 'manifest')
    .limit(1000)
    .execute()
}

/** Repositories whose trash needs the blob, at most a thousand. */
export function trashHolding(queries: Queries, digest: Digest) {
  return queries
    .selectFrom('trash_references as reference')
    .innerJoin('repositories', 'repositories.id', 'reference.repository_id')
    .select(['repositories.id', 'repositories.name'])
    .distinct()
    .where('reference.target', '=', digest)
    .where('reference.kind', '=', 'blob')
    .where('reference.is_held', '=', 1)
    .limit(1000)
    .execute()
}

/** @param isTrashed the manifest itself is in the trash, and not in the repository. */
export async function trashReason(
  queries: Queries,
  candidate: Candidate,
  isTrashed: boolean,
): Promise<TrashReason | undefined> {
  const itself = isTrashed ? await inTrash(queries, candidate) : undefined
  if (itself) return { why: 'itself', digest: candidate.digest, until: itself }
  const needed = await neededBy(queries, candidate)
  if (needed) return needed
  return candidate.kind === 'manifest' ? subjectInTrash(queries, candidate) : undefined
}

async function inTrash(queries: Queries, { repositoryId, digest }: Omit<Candidate, 'kind'>) {
  const row = await queries
    .selectFrom('trash')
    .select('expires_at')
    .where('digest', '=', digest)
    .where('repository_id', '=', repositoryId)
    .where('kind', '=', 'manifest')
    .orderBy('expires_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.expires_at
}

async function neededBy(queries: Queries, { repositoryId, digest, kind }: Candidate): Promise<TrashReason | undefined> {
  const row = await queries
    .selectFrom('trash_references as reference')
    .innerJoin('trash', 'trash.id', 'reference.trash_id')
    .select(['trash.kind', 'trash.digest', 'trash.tags', 'trash.expires_at as until'])
    .where('reference.target', '=', digest)
    .where('reference.kind', '=', kind)
    .where('reference.repository_id', '=', repositoryId)
    .where('reference.is_held', '=', 1)
    .orderBy('trash.expires_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) return undefined
  const [tag] = row.kind === 'tag' ? (JSON.parse(row.tags) as Tag[]) : []
  return { why: 'needed', ...(tag ? { tag } : {}), digest: row.digest, until: row.until }
}

async function subjectInTrash(queries: Queries, { repositoryId, digest }: Candidate): Promise<TrashReason | undefined> {
  const row = await queries
    .selectFrom('manifests')
    .select('subject')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .executeTakeFirst()
  const until = row?.subject ? await inTrash(queries, { repositoryId, digest: row.subject }) : undefined
  return row?.subject && until ? { why: 'subject', digest: row.subject, until } : undefined
}
