import type { RepositoryName } from '../../oci/index.ts'
import type { TrashEntry, TrashFilter, TrashPage } from '../../stores/metadata/index.ts'
import { authorizeIfAllowed, type Permit, projectOfPermit } from '../access/index.ts'
import type { Trashes } from './trashes.ts'

/**
 * What was deleted from the permit's project, newest first, of those repositories whose tags the caller may list; the
 * page is all that was looked at, so that a short one need not be the last.
 */
export async function listTrash(
  { trash, access }: Trashes,
  permit: Permit<'see project'>,
  filter: Omit<TrashFilter, 'project'>,
  page: Pick<TrashPage, 'after' | 'limit'>,
): Promise<{ readonly entries: readonly TrashEntry[]; readonly last: string | undefined }> {
  const rows = await trash.list({ ...filter, project: projectOfPermit(permit) }, page)
  const { principal, origin } = permit
  const seen = new Map<RepositoryName, boolean>()
  const entries: TrashEntry[] = []
  for (const row of rows) {
    const { repository } = row
    let maySee = seen.get(repository)
    if (maySee === undefined) {
      const asking = { principal, origin, resource: { repository } } as const
      maySee = (await authorizeIfAllowed(access, { ...asking, action: 'see trash' })) !== undefined
      seen.set(repository, maySee)
    }
    if (maySee) entries.push(row)
  }
  return { entries, last: rows.length === page.limit ? rows.at(-1)?.id : undefined }
}
