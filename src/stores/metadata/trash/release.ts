import type { Digest } from '../../../oci/index.ts'
import { condemnUnneeded } from '../blob-links.ts'
import { nominate, nominateUntagged } from '../candidates.ts'
import type { Queries } from '../engine.ts'

import type { TrashKind } from '../schema-trash.ts'

export interface TrashPlace {
  readonly id: string
  readonly repositoryId: number
  readonly kind: TrashKind
  readonly digest: Digest
}

/** Takes it out of the trash for good: what it held is looked at by garbage collection anew, after a grace period. */
export async function releaseEntry(queries: Queries, entry: TrashPlace, now: number): Promise<void> {
  const { repositoryId } = entry
  const held = await forgetEntry(queries, entry)
  for (const { target, kind } of held) {
    if (kind === 'manifest') await nominateUntagged(queries, repositoryId, target, now)
    else {
      await nominate(queries, { repositoryId, digest: target, kind }, now)
      await condemnUnneeded(queries, { digest: target, now })
    }
  }
  if (entry.kind === 'tag') return
  const referrers = await queries
    .selectFrom('manifests')
    .select('digest')
    .where('repository_id', '=', repositoryId)
    .where('subject', '=', entry.digest)
    .execute()
  for (const { digest } of referrers) await nominateUntagged(queries, repositoryId, digest, now)
}

/** Takes its rows away. Gives what it held. */
export async function forgetEntry(queries: Queries, { id }: Pick<TrashPlace, 'id'>) {
  const references = await queries
    .deleteFrom('trash_references')
    .where('trash_id', '=', id)
    .returning(['target', 'kind', 'is_held'])
    .execute()
  await queries.deleteFrom('trash').where('id', '=', id).execute()
  return references.filter(({ is_held }) => is_held === 1)
}

/**
 * The entry that could not be restored without this one: it holds the manifest, which is neither in the repository nor
 * in another entry. Of several, the one that lies longest.
 */
export async function holderOf(
  queries: Queries,
  { id, repositoryId, kind, digest }: TrashPlace,
): Promise<{ readonly id: string; readonly expiresAt: number } | undefined> {
  if (kind === 'tag') return undefined
  const holder = await queries
    .selectFrom('trash_references as reference')
    .innerJoin('trash', 'trash.id', 'reference.trash_id')
    .select(['trash.id', 'trash.expires_at as expiresAt'])
    .where('reference.target', '=', digest)
    .where('reference.kind', '=', 'manifest')
    .where('reference.repository_id', '=', repositoryId)
    .where('reference.is_held', '=', 1)
    .orderBy('trash.expires_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!holder) return undefined
  const live = await queries
    .selectFrom('manifests')
    .select('digest')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .executeTakeFirst()
  if (live) return undefined
  const twin = await queries
    .selectFrom('trash')
    .select('id')
    .where('digest', '=', digest)
    .where('repository_id', '=', repositoryId)
    .where('kind', '=', 'manifest')
    .where('id', '!=', id)
    .limit(1)
    .executeTakeFirst()
  return twin ? undefined : holder
}
