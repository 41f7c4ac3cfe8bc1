import type { RepositoryName } from '../../oci/index.ts'
import type { AuditEntry, Purged, TrashEntry } from '../../stores/metadata/index.ts'
import { audited, conflict, type Permit, projectOfPermit } from '../access/index.ts'
import { Permits, pageOf, requireEntry } from './allowed.ts'
import type { Trashes } from './trashes.ts'

/**
 * Takes one entry out of the trash for good; durable. Its bytes go with garbage collection.
 * @throws NOT_FOUND, DENIED, CONFLICT while another entry needs it.
 */
export async function purgeEntry(trashes: Trashes, permit: Permit<'see project'>, id: string): Promise<void> {
  const permits = new Permits(trashes, permit)
  const entry = await requireEntry(trashes, permit, permits, id)
  const { needed } = await purge(trashes, permits, [entry.id])
  const by = needed[0]?.by
  if (by) throw conflict(`${nameOf(by)} in the trash cannot be restored without it: purge that first (entry ${by.id}).`)
}

export interface PurgeAnswer {
  readonly purged: number
  /** Entries that others need, which the caller may not purge or which were deleted later. */
  readonly needed: number
  readonly next: string | undefined
}

/** What the filter names, as far as the caller may, up to fifty entries in one transaction; durable. */
export async function purgeTrash(
  trashes: Trashes,
  permit: Permit<'see project'>,
  {
    after,
    ...filter
  }: {
    readonly after?: string | undefined
    readonly repository?: RepositoryName | undefined
    readonly deletion?: string | undefined
  },
): Promise<PurgeAnswer> {
  const permits = new Permits(trashes, permit)
  const { ids, next } = await pageOf(trashes, permits, { ...filter, project: projectOfPermit(permit) }, after)
  const { entries, needed } = await purge(trashes, permits, ids)
  return { purged: entries.length, needed: needed.length, next }
}

function purge({ trash, clock }: Trashes, permits: Permits, ids: readonly string[]): Promise<Purged> {
  const now = clock()
  return trash.purge({ ids, now }, ({ entries }) =>
    entries.map(entry => recordOf(permits.of(entry.repository), entry, now)),
  )
}

function recordOf(permit: Permit<'change trash'>, entry: TrashEntry, now: number): AuditEntry {
  const { id, kind, digest, tags, deletion } = entry
  return audited(permit, {
    at: now,
    type: 'trash.purge',
    category: 'data write',
    outcome: 'success',
    resource: { digest, kind, ...(kind === 'tag' && tags[0] ? { tag: tags[0] } : {}) },
    detail: { trash: id, deletion, tags },
  })
}

function nameOf({ repository, kind, digest, tags }: TrashEntry): string {
  return kind === 'tag' ? `The tag ${repository}:${tags[0]}` : `${repository}@${digest}`
}
