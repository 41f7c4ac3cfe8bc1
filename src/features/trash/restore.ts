import type { Digest, RepositoryName, Tag } from '../../oci/index.ts'
import { OverQuota } from '../../platform/outcome/index.ts'
import type { AuditEntry, KeptTag, NotRestored, Restored, RestoredEntry } from '../../stores/metadata/index.ts'
import { audited, conflict, notFound, type Permit, projectOfPermit } from '../access/index.ts'
import { judgeChange } from '../protection/index.ts'
import { Permits, pageOf, requireEntry } from './allowed.ts'
import type { Trashes } from './trashes.ts'

export interface RestoreAnswer {
  readonly restored: readonly RestoredEntry[]
  /** Tags that were left as they are, and why. */
  readonly keptTags: readonly {
    readonly repository: RepositoryName
    readonly tag: Tag
    readonly digest: Digest
    readonly pointsAt: Digest | undefined
    readonly because: string
  }[]
  readonly notRestored: readonly {
    readonly id: string
    readonly repository: RepositoryName
    readonly digest: Digest
    readonly missing: readonly Digest[]
    readonly because: string
  }[]
}

interface Wish {
  /** Move a tag back that meanwhile points elsewhere. */
  readonly overwrite: boolean
}

/**
 * One entry with what it needs and what went with it, in one transaction; durable.
 * @throws NOT_FOUND, DENIED, CONFLICT when a quota is in the way.
 */
export async function restoreEntry(
  trashes: Trashes,
  permit: Permit<'see project'>,
  id: string,
  wish: Wish,
): Promise<RestoreAnswer> {
  const permits = new Permits(trashes, permit)
  const entry = await requireEntry(trashes, permit, permits, id)
  return restore(trashes, permits, permit, [entry.id], wish)
}

/**
 * What one request or run deleted, as far as the caller may, up to fifty entries (and what they need) in one
 * transaction; durable. `next` is where to go on.
 * @throws NOT_FOUND when nothing of it is in the trash, CONFLICT when a quota is in the way.
 */
export async function restoreDeletion(
  trashes: Trashes,
  permit: Permit<'see project'>,
  {
    deletion,
    after,
    repository,
  }: {
    readonly deletion: string
    readonly after?: string | undefined
    readonly repository?: RepositoryName | undefined
  },
  wish: Wish,
): Promise<RestoreAnswer & { readonly next: string | undefined }> {
  const permits = new Permits(trashes, permit)
  const filter = { project: projectOfPermit(permit), deletion, repository }
  const { ids, next } = await pageOf(trashes, permits, filter, after)
  if (ids.length === 0 && next === undefined && after === undefined)
    throw notFound(`entry of the deletion ${deletion} in the trash that you may restore`)
  return { ...(await restore(trashes, permits, permit, ids, wish)), next }
}

async function restore(
  { trash, clock }: Trashes,
  permits: Permits,
  { principal }: Permit<'see project'>,
  ids: readonly string[],
  { overwrite }: Wish,
): Promise<RestoreAnswer> {
  const now = clock()
  const restoring = trash.restore(
    {
      ids,
      overwrites: overwrite,
      now,
      by: principal.name,
      // Who may take a tag away may bring it back; to move it from where it points takes more.
      maySet: (repository, change, tag) =>
        permits.of(repository).mayTag(change === 'new' ? 'remove' : 'overwrite', tag),
      judge: judgeChange,
    },
    ({ entries }) => entries.flatMap(entry => recordsOf(permits.of(entry.repository), entry, now)),
  )
  return answerOf(await restoring.catch(refuseExcess))
}

/** @throws CONFLICT for what does not fit, and what it was given otherwise. */
function refuseExcess(error: unknown): never {
  if (error instanceof OverQuota)
    throw conflict(`${error.message} Nothing was restored: delete or purge what nobody needs, or ask for more.`)
  throw error
}

function answerOf({ entries, keptTags, notRestored }: Restored): RestoreAnswer {
  return {
    restored: entries,
    keptTags: keptTags.map(kept => ({ ...kept, because: whyKept(kept) })),
    notRestored: notRestored.map(each => {
      const { id, repository, digest } = each.entry
      return { id, repository, digest, missing: each.missing, because: whyNot(each) }
    }),
  }
}

function whyKept({ pointsAt, because }: KeptTag): string {
  if (because === undefined) return `it points at ${pointsAt} meanwhile`
  if (because === 'not permitted')
    return pointsAt === undefined
      ? 'you may not set this tag'
      : `it points at ${pointsAt} meanwhile, and you may not move this tag`
  return because.because
}

function whyNot({ missing, refusal }: NotRestored): string {
  if (refusal) return refusal.because
  return `its content is missing or damaged: push ${missing.join(', ')} again, then restore`
}

function recordsOf(permit: Permit<'change trash'>, entry: RestoredEntry, now: number): readonly AuditEntry[] {
  const { id, kind, digest, deletion, deletedAt, deletedBy, setTags } = entry
  const deed = { at: now, category: 'data write', outcome: 'success' } as const
  const origin = { trash: id, deletion, deletedBy, deletedAt: new Date(deletedAt).toISOString() }
  const tags = setTags.map(({ tag, before }) =>
    audited(permit, {
      ...deed,
      type: 'tag.restore',
      resource: { tag, digest },
      detail: { ...origin, before: before ?? null, after: digest },
    }),
  )
  if (kind === 'tag') return tags
  const detail = { ...origin, tags: setTags.map(({ tag }) => tag) }
  return [audited(permit, { ...deed, type: 'manifest.restore', resource: { digest }, detail }), ...tags]
}
