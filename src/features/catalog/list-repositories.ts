import type { RepositoryName } from '../../oci/index.ts'
import type { RepositorySummary } from '../../stores/metadata/index.ts'
import { authorizeIfAllowed, invalid, type Permit } from '../access/index.ts'
import { parseProjectName } from '../identity/index.ts'
import type { Catalog } from './catalog.ts'

export interface RepositoryPage {
  readonly repositories: readonly (RepositorySummary & { readonly labels: Readonly<Record<string, string>> })[]
  /** Where the next page begins; it may be there although this page is short. */
  readonly next: string | undefined
}

const NAMES = 200
const MOST_NAMES = 20_000
/** Rows of one repository that are counted, and of one page. */
const MOST_COUNTED = 20_000
const MOST_COUNTED_OF_PAGE = 100_000

/** The repositories that the caller may pull from, of a project or of all, by name. @throws INVALID. */
export async function listRepositories(
  { details, access }: Catalog,
  { principal, origin }: Permit<'catalog'>,
  request: { readonly project?: string | undefined; readonly after?: string | undefined; readonly limit: number },
): Promise<RepositoryPage> {
  const project = request.project === undefined ? undefined : parseProjectName(request.project)
  let after = request.after === undefined ? undefined : await nameAfter(details.search, request.after)
  const repositories: RepositoryPage['repositories'][number][] = []
  let [looked, counted] = [0, 0]
  for (;;) {
    const names = await details.summaries.names({ project }, { after, limit: NAMES })
    for (const { id, name } of names) {
      after = name
      looked += 1
      const isTheirs = await authorizeIfAllowed(access, {
        principal,
        origin,
        action: 'pull',
        resource: { repository: name },
      })
      const summary = isTheirs && (await details.summaries.summarize(name, MOST_COUNTED))
      if (summary) {
        const labels = Object.fromEntries((await details.labels.list({ repository: name })) ?? [])
        repositories.push({ ...summary, labels })
        counted += summary.tags + summary.manifests
      }
      const isFull = repositories.length === request.limit || counted >= MOST_COUNTED_OF_PAGE || looked >= MOST_NAMES
      if (isFull) return { repositories, next: String(id) }
    }
    if (names.length < NAMES) return { repositories, next: undefined }
  }
}

/** By number, because the page may have ended at a repository that the caller may not see. */
async function nameAfter(search: Catalog['details']['search'], after: string): Promise<RepositoryName> {
  const name = /^\d{1,15}$/.test(after) ? await search.nameOf(Number(after)) : undefined
  if (name === undefined) throw invalid({ field: 'after', message: 'is not where a page of this list ended' })
  return name
}
