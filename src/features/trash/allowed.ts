import type { RepositoryName } from '../../oci/index.ts'
import type { TrashEntry, TrashFilter } from '../../stores/metadata/index.ts'
import { authorizeIfAllowed, denied, notFound, type Permit, projectOf, projectOfPermit } from '../access/index.ts'
import type { Trashes } from './trashes.ts'

/** Entries that one transaction restores or purges. */
export const BATCH = 50

/** By repository; undefined where the caller may not delete, and so not restore or purge either. */
export class Permits {
  readonly #access: Trashes['access']
  readonly #permit: Permit<'see project'>
  readonly #known = new Map<RepositoryName, Permit<'change trash'> | undefined>()

  constructor({ access }: Trashes, permit: Permit<'see project'>) {
    this.#access = access
    this.#permit = permit
  }

  async ask(repository: RepositoryName): Promise<Permit<'change trash'> | undefined> {
    if (!this.#known.has(repository)) {
      const { principal, origin } = this.#permit
      const asking = { principal, origin, action: 'change trash', resource: { repository } } as const
      this.#known.set(repository, await authorizeIfAllowed(this.#access, asking))
    }
    return this.#known.get(repository)
  }

  /** Of those that were asked for and given. */
  of(repository: RepositoryName): Permit<'change trash'> {
    const permit = this.#known.get(repository)
    if (!permit) throw new Error(`Nobody asked whether the trash of ${repository} may be changed.`)
    return permit
  }
}

/** One entry of the permit's project that the caller may restore and purge. @throws NOT_FOUND, DENIED. */
export async function requireEntry(
  { trash }: Trashes,
  permit: Permit<'see project'>,
  permits: Permits,
  id: string,
): Promise<TrashEntry> {
  const entry = await trash.find(id)
  if (!entry || projectOf(entry) !== projectOfPermit(permit)) throw notFound(`entry ${id} in the trash`)
  if (await permits.ask(entry.repository)) return entry
  throw denied(`${permit.principal.name} has no role that allows to delete in ${entry.repository}, and so to restore.`)
}

/** A page of entries, oldest first: what holds another was deleted before it. */
export async function pageOf(
  { trash }: Trashes,
  permits: Permits,
  filter: TrashFilter,
  after: string | undefined,
): Promise<{ readonly ids: readonly string[]; readonly next: string | undefined }> {
  const rows = await trash.list(filter, { after, limit: BATCH, order: 'oldest first' })
  const ids: string[] = []
  for (const { id, repository } of rows) if (await permits.ask(repository)) ids.push(id)
  return { ids, next: rows.length === BATCH ? rows.at(-1)?.id : undefined }
}
