import type { Digest, RepositoryName, Tag } from '../../../oci/index.ts'
import { nominateUntagged } from '../candidates.ts'
import type { Queries } from '../engine.ts'
import { pointTag } from '../names/tag-changes.ts'
import { type Judge, type ProtectionFacts, protectionFacts, type Refusal } from '../protection.ts'
import { withinQuotas } from '../usage/within-quotas.ts'
import { bringBackManifest } from './bring-back.ts'
import { findEntry, type TrashEntry } from './entries.ts'
import { planRestore } from './plan.ts'
import { forgetEntry } from './release.ts'

export interface RestoreRequest {
  /** Those that are no more are passed over. */
  readonly ids: readonly string[]
  /** Move a tag back that meanwhile points elsewhere. */
  readonly overwrites: boolean
  readonly now: number
  /** The name of the principal. */
  readonly by: string
  /** May this tag be set anew, or moved? Asked inside the transaction. */
  readonly maySet: (repository: RepositoryName, change: 'new' | 'move', tag: Tag) => boolean
  readonly judge: Judge
}

export interface RestoredEntry extends TrashEntry {
  /** Those of its tags that are set again. */
  readonly setTags: readonly { readonly tag: Tag; readonly before: Digest | undefined }[]
}

export interface KeptTag {
  readonly repository: RepositoryName
  readonly tag: Tag
  /** What it would point at. */
  readonly digest: Digest
  /** Where it points; undefined when it is not there. */
  readonly pointsAt: Digest | undefined
  /** Undefined: it points elsewhere. */
  readonly because: 'not permitted' | Refusal | undefined
}

export interface NotRestored {
  readonly entry: TrashEntry
  /** Content that is not there undamaged. */
  readonly missing: readonly Digest[]
  /** What keeps the repository as it is. */
  readonly refusal?: Refusal
}

export interface Restored {
  readonly entries: readonly RestoredEntry[]
  readonly keptTags: readonly KeptTag[]
  readonly notRestored: readonly NotRestored[]
}

type Draft = { readonly [K in keyof Restored]: Restored[K][number][] }

/** Each with what it needs and what went with it, or not at all; entries of one project. @throws OverQuota. */
export async function restoreEntries(queries: Queries, request: RestoreRequest): Promise<Restored> {
  for (const id of request.ids) {
    const entry = await findEntry(queries, id)
    if (!entry) continue
    return (
      await withinQuotas(queries, { change: request, repository: entry.repository }, () => restoreAll(queries, request))
    ).result
  }
  return { entries: [], keptTags: [], notRestored: [] }
}

async function restoreAll(queries: Queries, request: RestoreRequest): Promise<Restored> {
  const restored: Draft = { entries: [], keptTags: [], notRestored: [] }
  for (const id of request.ids) {
    const entry = await findEntry(queries, id)
    if (!entry) continue
    const plan = await planRestore(queries, entry)
    if (plan.missing.length > 0) restored.notRestored.push({ entry, missing: plan.missing })
    restored.notRestored.push(...plan.incomplete)
    const facts = await protectionFacts(
      queries,
      { id: entry.repositoryId, repository: entry.repository },
      // A tag that is moved may point at any image.
      request.overwrites ? undefined : plan.order.map(({ digest }) => digest),
    )
    const refused = firstRefusal(plan.order, facts, request)
    if (refused) restored.notRestored.push({ entry, missing: [], refusal: refused })
    else for (const each of plan.order) await restoreOne(queries, { entry: each, facts }, request, restored)
  }
  return restored
}

function firstRefusal(
  order: readonly TrashEntry[],
  facts: ProtectionFacts,
  { judge, now }: RestoreRequest,
): Refusal | undefined {
  for (const { kind, digest } of order) {
    const refusal = kind === 'manifest' ? judge(facts, { kind: 'push', by: 'person', now, digest }) : undefined
    if (refusal) return refusal
  }
  return undefined
}

async function restoreOne(
  queries: Queries,
  { entry, facts }: { readonly entry: TrashEntry; readonly facts: ProtectionFacts },
  request: RestoreRequest,
  restored: Draft,
): Promise<void> {
  // It came back with another.
  if (restored.entries.some(({ id }) => id === entry.id)) return
  if (entry.kind === 'manifest') await bringBackManifest(queries, entry, request.now)
  const setTags = []
  for (const tag of entry.tags) {
    const set = await setTag(queries, { entry, facts, tag }, request)
    if ('kept' in set) restored.keptTags.push(set.kept)
    else setTags.push({ tag, before: set.before })
  }
  await nominateUntagged(queries, entry.repositoryId, entry.digest, request.now)
  // A tag that stays where it points can be restored later.
  if (entry.kind === 'tag' && setTags.length === 0) return
  await forgetEntry(queries, entry)
  restored.entries.push({ ...entry, setTags })
}

async function setTag(
  queries: Queries,
  { entry, facts, tag }: { readonly entry: TrashEntry; readonly facts: ProtectionFacts; readonly tag: Tag },
  { overwrites, now, by, maySet, judge }: RestoreRequest,
): Promise<{ readonly before: Digest | undefined } | { readonly kept: KeptTag }> {
  const { repository, repositoryId, digest } = entry
  const there = await queries
    .selectFrom('tags')
    .select(['digest', 'updated_at as setAt'])
    .where('repository_id', '=', repositoryId)
    .where('name', '=', tag)
    .executeTakeFirst()
  const setting = { repositoryId, tag, digest, kind: 'restore' } as const
  // As with a push of what is there: it counts as set now, so that no rule takes for old what somebody wanted back.
  if (there?.digest === digest) return { before: await pointTag(queries, setting, { now, by }) }
  const kept = (because: KeptTag['because']) => ({
    kept: { repository, tag, digest, pointsAt: there?.digest, because },
  })
  if (there && !overwrites) return kept(undefined)
  if (!maySet(repository, there ? 'move' : 'new', tag)) return kept('not permitted')
  const refusal = there
    ? judge(facts, { kind: 'move', by: 'person', now, tag, ...there })
    : judge(facts, { kind: 'push', by: 'person', now, tag, digest })
  if (refusal) return kept(refusal)
  await pointTag(queries, setting, { now, by })
  if (there) await nominateUntagged(queries, repositoryId, there.digest, now)
  return { before: there?.digest }
}
