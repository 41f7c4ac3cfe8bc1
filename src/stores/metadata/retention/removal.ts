import { type Digest, fallbackTags, type RepositoryName, type Tag } from '../../../oci/index.ts'
import { type Recording, recordedWrite } from '../audit/recorded-write.ts'
import { isTagged, manifestNaming } from '../candidates.ts'
import { type Discard, discardManifest, discardTag } from '../discard.ts'
import type { Engine, Queries } from '../engine.ts'
import { type Judge, protectionFacts, type Refusal, repositoryWithProtection } from '../protection.ts'

/** What rules take out, as it was when they decided it. Times are milliseconds since the epoch. */
export interface Expired {
  readonly repositoryId: number
  readonly repository: RepositoryName
  readonly digest: Digest
  /** Those that go; empty for an image that has none. */
  readonly tags: readonly ExpiredTag[]
  /** Set for an image without a tag. */
  readonly untagged?: { readonly pushedAt: number; readonly rule: string } | undefined
  /** The image goes with the last of its tags, unless something needs it by then. */
  readonly isWhole: boolean
  /** The latest pull, of the image or of what it is an index of, that the decision knew of; absent: pulls played no part. */
  readonly pulledAt?: number | undefined
}

export interface ExpiredTag {
  readonly name: Tag
  readonly setAt: number
  readonly rule: string
}

/** What became of it. Each tag that went, each manifest with the tags that it took along; and what did not go, and why. */
export interface Expiry {
  readonly tags: readonly (ExpiredTag & { readonly digest: Digest })[]
  readonly manifests: readonly ExpiredManifest[]
  readonly skipped: readonly Skipped[]
}

export interface ExpiredManifest {
  readonly digest: Digest
  readonly tags: readonly Tag[]
  readonly rule: string
}

export interface Skipped {
  /** Absent: the image itself. */
  readonly tag?: Tag | undefined
  /** It was pulled or changed in the meantime, or must stay: the refusal says why. */
  readonly because: 'changed' | 'pulled' | Refusal
}

export interface RetentionRemoval {
  /**
   * Takes out each of these that still is as it was decided on and may go, in one transaction; a manifest together with
   * what refers to it and with what it alone names; durable. All of one repository.
   */
  remove(batch: readonly Expired[], discard: Deed, record: Recording<readonly Expiry[]>): Promise<readonly Expiry[]>
}

export function createRetentionRemoval(engine: Engine): RetentionRemoval {
  return {
    remove: (batch, discard, record) =>
      recordedWrite(engine, record, async queries => {
        const [first] = batch
        if (!first) return []
        const mayGo = await judgementOn(queries, first, discard)
        const outcomes: Expiry[] = []
        for (const expired of batch) outcomes.push(await removeOne(queries, expired, { ...discard, mayGo }))
        return outcomes
      }),
  }
}

/** How it is done, and who says what may go. */
export type Deed = Omit<Discard, 'rule'> & { readonly judge: Judge }

type MayGo = (thing: { readonly digest: Digest; readonly tag?: ExpiredTag }) => Refusal | undefined
type Judged = Omit<Discard, 'rule'> & { readonly mayGo: MayGo }

async function judgementOn(
  queries: Queries,
  { repositoryId: id, repository }: Expired,
  { judge, now }: Deed,
): Promise<MayGo> {
  if (!(await repositoryWithProtection(queries, repository))?.isProtected) return () => undefined
  const facts = await protectionFacts(queries, { id, repository })
  const common = { by: 'retention', now } as const
  return ({ digest, tag }) =>
    judge(
      facts,
      tag
        ? { ...common, kind: 'remove tag', tag: tag.name, digest, setAt: tag.setAt }
        : { ...common, kind: 'remove manifest', digest, tags: [] },
    )
}

async function removeOne(queries: Queries, expired: Expired, { mayGo, ...discard }: Judged): Promise<Expiry> {
  const { repositoryId, digest, tags, untagged } = expired
  if (await isPulledSince(queries, expired)) return skipped(expired, 'pulled')
  if (untagged) {
    if (!(await isPushedAt(queries, expired, untagged.pushedAt))) return skipped(expired, 'changed')
    const refusal = mayGo({ digest })
    if (refusal) return skipped(expired, refusal)
    const manifests = await removeWhole(queries, { repositoryId, digest }, { ...discard, mayGo, rule: untagged.rule })
    return manifests.length > 0 ? { tags: [], manifests, skipped: [] } : skipped(expired, 'changed')
  }
  const there = await tagsOn(queries, expired)
  const reasons = new Map(
    tags.map(tag => [tag.name, there.get(tag.name) === tag.setAt ? mayGo({ digest, tag }) : ('changed' as const)]),
  )
  const going = tags.filter(({ name }) => reasons.get(name) === undefined)
  const rest = [...reasons].flatMap(([tag, because]) => (because === undefined ? [] : [{ tag, because }]))
  const gone = going.map(tag => ({ ...tag, digest }))
  const [first] = going
  if (first && expired.isWhole && !(await hasOtherTags(queries, expired, going))) {
    const manifests = await removeWhole(
      queries,
      { repositoryId, digest },
      { ...discard, mayGo, rule: first.rule },
      going,
    )
    if (manifests.length > 0) return { tags: gone, manifests, skipped: rest }
  }
  for (const tag of going) await discardTag(queries, { repositoryId, tag: tag.name }, { ...discard, rule: tag.rule })
  return { tags: gone, manifests: [], skipped: rest }
}

function skipped({ tags, untagged }: Expired, because: Skipped['because']): Expiry {
  const things = untagged ? [{ because }] : tags.map(({ name }) => ({ tag: name, because }))
  return { tags: [], manifests: [], skipped: things }
}

async function isPulledSince(queries: Queries, { repositoryId, digest, pulledAt }: Expired): Promise<boolean> {
  if (pulledAt === undefined) return false
  const row = await queries
    .selectFrom('last_pulls')
    .select('digest')
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', [digest, ...(await childrenOf(queries, { repositoryId, digest }))])
    .where('pulled_at', '>', pulledAt)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Of the tags that are to go, those that point there still, and when they were set. */
async function tagsOn(queries: Queries, { repositoryId, digest, tags }: Expired): Promise<ReadonlyMap<Tag, number>> {
  const rows = await queries
    .selectFrom('tags')
    .select(['name', 'updated_at'])
    .where('repository_id', '=', repositoryId)
    .where(
      'name',
      'in',
      tags.map(({ name }) => name),
    )
    .where('digest', '=', digest)
    .execute()
  return new Map(rows.map(({ name, updated_at }) => [name, updated_at]))
}

async function hasOtherTags(
  queries: Queries,
  { repositoryId, digest }: Expired,
  going: readonly ExpiredTag[],
): Promise<boolean> {
  const other = await queries
    .selectFrom('tags')
    .select('name')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .where(
      'name',
      'not in',
      going.map(({ name }) => name),
    )
    .limit(1)
    .executeTakeFirst()
  return other !== undefined
}

async function isPushedAt(queries: Queries, { repositoryId, digest }: Expired, pushedAt: number): Promise<boolean> {
  const row = await queries
    .selectFrom('manifests')
    .select('pushed_at')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .executeTakeFirst()
  return row?.pushed_at === pushedAt
}

interface Place {
  readonly repositoryId: number
  readonly digest: Digest
}

/**
 * The manifest, unless an index or its subject holds it or it has other tags than `own`; then what referred to it and
 * what it named, each on the same conditions. Gives all that went; nothing when it stays itself.
 */
async function removeWhole(
  queries: Queries,
  place: Place,
  { mayGo, ...discard }: Judged & { readonly rule: string },
  own: readonly ExpiredTag[] = [],
): Promise<readonly ExpiredManifest[]> {
  const gone: ExpiredManifest[] = []
  const open: { readonly digest: Digest; readonly tags: readonly Tag[] }[] = [
    { digest: place.digest, tags: own.map(({ name }) => name) },
  ]
  for (let next = open.pop(); next; next = open.pop()) {
    const here = { repositoryId: place.repositoryId, digest: next.digest }
    if (mayGo(here) || (await isHeld(queries, here, next.tags.length))) continue
    const followers = await followersOf(queries, here)
    if (!(await discardManifest(queries, here, discard))) continue
    gone.push({ digest: next.digest, tags: next.tags, rule: discard.rule })
    open.push(...followers.map(digest => ({ digest, tags: [] })))
    for (const { name, digest } of await fallbackTagsOf(queries, here)) {
      await discardTag(queries, { repositoryId: place.repositoryId, tag: name }, discard)
      open.push({ digest, tags: [] })
    }
  }
  return gone
}

async function isHeld(queries: Queries, place: Place, ownTags: number): Promise<boolean> {
  if (ownTags === 0 && (await isTagged(queries, place.repositoryId, place.digest))) return true
  if (await manifestNaming(queries, { ...place, kind: 'manifest' })) return true
  const subject = await queries
    .selectFrom('manifests')
    .innerJoin('manifests as subject', join =>
      join
        .onRef('subject.repository_id', '=', 'manifests.repository_id')
        .onRef('subject.digest', '=', 'manifests.subject'),
    )
    .select('subject.id')
    .where('manifests.repository_id', '=', place.repositoryId)
    .where('manifests.digest', '=', place.digest)
    .executeTakeFirst()
  return subject !== undefined
}

async function followersOf(queries: Queries, place: Place): Promise<readonly Digest[]> {
  const referrers = await queries
    .selectFrom('manifests')
    .select('digest')
    .where('repository_id', '=', place.repositoryId)
    .where('subject', '=', place.digest)
    .execute()
  return [...(await childrenOf(queries, place)), ...referrers.map(({ digest }) => digest)]
}

async function childrenOf(queries: Queries, { repositoryId, digest }: Place): Promise<readonly Digest[]> {
  const rows = await queries
    .selectFrom('manifest_references')
    .select('target')
    .where('repository_id', '=', repositoryId)
    .where('manifest', '=', digest)
    .where('kind', '=', 'manifest')
    .execute()
  return rows.map(({ target }) => target)
}

function fallbackTagsOf(queries: Queries, { repositoryId, digest }: Place) {
  return queries
    .selectFrom('tags')
    .select(['name', 'digest'])
    .where('repository_id', '=', repositoryId)
    .where('name', 'in', fallbackTags(digest))
    .execute()
}
