import type { Digest, RepositoryName, Tag } from '../../../oci/index.ts'
import { nominateUntagged } from '../candidates.ts'
import type { Queries } from '../engine.ts'
import { isStoredManifest } from '../is-manifest.ts'
import { type Judge, protectionFacts, type Refusal, repositoryWithProtection } from '../protection.ts'
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
  readonly judge: Judge
  readonly now: number
  /** The name of the principal. */
  readonly by: string
}

export type TagSettingOutcome =
  | { readonly outcome: 'set'; readonly digest: Digest; readonly before: Digest | undefined }
  /** It is not in the repository, or not any more; `trashId` of its entry in the trash. */
  | { readonly outcome: 'gone'; readonly digest: Digest; readonly trashId: string | undefined }
  | { readonly outcome: 'tag taken'; readonly by: Digest; readonly digest: Digest }
  | {
      readonly outcome: 'protected'
      readonly refusal: Refusal
      readonly before: Digest | undefined
      readonly digest: Digest
    }
  /** The history does not have it, or ends before that moment. */
  | { readonly outcome: 'unknown repository' | 'never' }

/** As many as are remembered of one tag, and more. */
const ALL_CHANGES = 100_000

/** Points a tag to a manifest that is in the repository already. */
export async function setTag(queries: Queries, setting: TagSetting): Promise<TagSettingOutcome> {
  const { repository, tag, target, now, by } = setting
  const found = await repositoryWithProtection(queries, repository)
  if (!found) return { outcome: 'unknown repository' }
  const place = { repositoryId: found.id, tag }
  const digest = 'digest' in target ? target.digest : await earlierDigest(queries, place, target)
  if (digest === undefined) return { outcome: 'never' }
  if (!(await isStoredManifest(queries, found.id, digest)))
    return { outcome: 'gone', digest, trashId: await trashIdOf(queries, found.id, digest) }
  const refused = await refuse(queries, { ...found, digest }, setting)
  if (refused) return refused
  const kind = 'digest' in target ? 'set' : 'restore'
  const before = await pointTag(queries, { ...place, digest, kind }, { now, by })
  for (const changed of before === digest ? [] : [digest, before])
    if (changed !== undefined) await nominateUntagged(queries, found.id, changed, now)
  return { outcome: 'set', digest, before }
}

async function trashIdOf(queries: Queries, repositoryId: number, digest: Digest): Promise<string | undefined> {
  const entry = await queries
    .selectFrom('trash')
    .select('id')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .where('kind', '=', 'manifest')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return entry?.id
}

/** As for a push: what is so already may be set again. */
async function refuse(
  queries: Queries,
  { id, isProtected, digest }: { readonly id: number; readonly isProtected: boolean; readonly digest: Digest },
  { repository, tag, mayMove, judge, now }: TagSetting,
): Promise<TagSettingOutcome | undefined> {
  const present = await queries
    .selectFrom('tags')
    .select(['digest', 'updated_at as setAt'])
    .where('repository_id', '=', id)
    .where('name', '=', tag)
    .executeTakeFirst()
  if (present?.digest === digest) return undefined
  if (present && !mayMove(tag)) return { outcome: 'tag taken', by: present.digest, digest }
  if (!isProtected) return undefined
  const facts = await protectionFacts(queries, { id, repository }, [digest, ...(present ? [present.digest] : [])])
  const refusal = judge(
    facts,
    present ? { kind: 'move', by: 'person', now, tag, ...present } : { kind: 'push', by: 'person', now, tag, digest },
  )
  return refusal && { outcome: 'protected', refusal, before: present?.digest, digest }
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
