import type { Digest, RepositoryName, Tag } from '../../../oci/index.ts'
import { nominateUntagged } from '../candidates.ts'
import type { Queries } from '../engine.ts'
import { repositoryId } from '../repositories.ts'
import { pointTag } from './tag-changes.ts'
import { listChanges, type TagChange } from './tag-history.ts'

/** A manifest; one that the tag pointed to before; where it pointed just before a moment. */
export type TagTarget = { readonly digest: Digest } | { readonly earlier: Digest } | { readonly before: number }

export interface TagSetting {
  readonly repository: RepositoryName
  readonly tag: Tag
  readonly target: TagTarget
  /** May a tag that is there be moved from another manifest? Asked inside the transaction. */
  readonly mayMove: (tag: Tag) => boolean
  readonly now: number
  /** The name of the principal. */
  readonly by: string
}

export type TagSettingOutcome =
  | { readonly outcome: 'set'; readonly digest: Digest; readonly before: Digest | undefined }
  /** It pointed there, and that is not in the repository any more. */
  | { readonly outcome: 'gone'; readonly digest: Digest }
  | { readonly outcome: 'tag taken'; readonly by: Digest; readonly digest: Digest }
  /** The history does not have it, or ends before that moment. */
  | { readonly outcome: 'unknown repository' | 'never' }

/** As many as are remembered of one tag, and more. */
const ALL_CHANGES = 100_000

/** Points a tag to a manifest that is in the repository already. */
export async function setTag(queries: Queries, setting: TagSetting): Promise<TagSettingOutcome> {
  const { repository, tag, target, mayMove, now, by } = setting
  const id = await repositoryId(queries, repository)
  if (id === undefined) return { outcome: 'unknown repository' }
  const place = { repositoryId: id, tag }
  const digest = 'digest' in target ? target.digest : await earlierDigest(queries, place, target)
  if (digest === undefined) return { outcome: 'never' }
  const manifest = await queries
    .selectFrom('manifests')
    .select('digest')
    .where('repository_id', '=', id)
    .where('digest', '=', digest)
    .where('state', '=', 'stored')
    .executeTakeFirst()
  if (!manifest) return { outcome: 'gone', digest }
  const present = await queries
    .selectFrom('tags')
    .select('digest')
    .where('repository_id', '=', id)
    .where('name', '=', tag)
    .executeTakeFirst()
  if (present && present.digest !== digest && !mayMove(tag)) return { outcome: 'tag taken', by: present.digest, digest }
  const before = await pointTag(
    queries,
    { ...place, digest, kind: 'digest' in target ? 'set' : 'restore' },
    { now, by },
  )
  if (before !== digest) await nominateUntagged(queries, id, digest, now)
  if (before !== undefined && before !== digest) await nominateUntagged(queries, id, before, now)
  return { outcome: 'set', digest, before }
}

async function earlierDigest(
  queries: Queries,
  place: { readonly repositoryId: number; readonly tag: Tag },
  target: Exclude<TagTarget, { digest: Digest }>,
): Promise<Digest | undefined> {
  const changes = await listChanges(queries, place, { limit: ALL_CHANGES })
  const isIt = (change: TagChange) =>
    'earlier' in target ? change.digest === target.earlier : change.at < target.before
  return changes.find(isIt)?.digest
}
