import type { Descriptor, Digest, RepositoryName, Tag } from '../../oci/index.ts'
import { type Permit, repositoryOf } from '../access/index.ts'
import type { Content } from './content.ts'
import { foundIn } from './pull-manifest.ts'

const REFERRERS_BATCH = 100

export interface ListRequest {
  /** Exclusive: where the page before ended. */
  readonly after?: string | undefined
  /** At most this many; the registry's page size when absent or larger. */
  readonly limit?: number | undefined
}

export interface ListPage<Item> {
  readonly items: readonly Item[]
  /** The page's size when there is another page behind it. */
  readonly next?: { readonly after: string; readonly limit: number }
}

/** Tags in byte order. @throws NAME_UNKNOWN. */
export async function listTags(content: Content, permit: Permit<'list'>, request: ListRequest): Promise<ListPage<Tag>> {
  const repository = repositoryOf(permit)
  const read = (limit: number) => content.tags.list(repository, { after: request.after, limit })
  return pageIn(content, repository, () => onePage(content, request, read, tag => tag))
}

/** An empty page is that of a repository that has none. @throws NAME_UNKNOWN. */
async function pageIn<Item>(
  content: Content,
  repository: RepositoryName,
  read: () => Promise<ListPage<Item>>,
): Promise<ListPage<Item>> {
  const look = async () => {
    const page = await read()
    return page.items.length > 0 ? page : undefined
  }
  return (await foundIn(content, repository, look)) ?? { items: [] }
}

const CATALOG_BATCH = 200
/** Reads of one page, so that who may see little of much does not keep the registry busy. */
const CATALOG_READS = 1000

/**
 * Names of the repositories that the caller may see, in byte order. A page may hold fewer than were asked for although
 * another follows.
 * @param maySee asked about one repository after the other.
 */
export async function listRepositories(
  content: Content,
  _permit: Permit<'catalog'>,
  request: ListRequest & { readonly maySee: (repository: RepositoryName) => Promise<boolean> },
): Promise<ListPage<RepositoryName>> {
  const limit = pageSize(content, request)
  if (limit === 0) return { items: [] }
  const items: RepositoryName[] = []
  let after = request.after as RepositoryName | undefined
  for (let reads = 0; reads < CATALOG_READS; reads += 1) {
    const names = await content.repositories.list({ after, limit: CATALOG_BATCH })
    for (const name of names) {
      if (await request.maySee(name)) {
        const last = items.at(-1)
        if (last && items.length === limit) return { items, next: { after: last, limit } }
        items.push(name)
      }
      after = name
    }
    if (names.length < CATALOG_BATCH) return { items }
  }
  return after === undefined ? { items } : { items, next: { after, limit } }
}

/** Descriptors of the manifests that have `subject` as their subject; empty when there are none. @throws NAME_UNKNOWN. */
export async function listReferrers(
  content: Content,
  permit: Permit<'list'>,
  subject: Digest,
  request: ListRequest & { readonly artifactType?: string | undefined },
): Promise<ListPage<Descriptor>> {
  const repository = repositoryOf(permit)
  const limit = pageSize(content, request)
  if (limit === 0) return { items: [] }
  return pageIn(content, repository, () => pageOfReferrers(content, { ...request, repository, subject, limit }))
}

interface ReferrersRequest {
  readonly repository: RepositoryName
  readonly subject: Digest
  readonly after?: string | undefined
  readonly limit: number
  readonly artifactType?: string | undefined
}

async function pageOfReferrers(
  content: Content,
  { repository, subject, limit, artifactType, ...request }: ReferrersRequest,
): Promise<ListPage<Descriptor>> {
  const items: Descriptor[] = []
  let bytes = 0
  // Annotations may be as large as a manifest, so a page ends by its size too. Few are read at a time for that.
  for (let after = request.after as Digest | undefined; ; after = items.at(-1)?.digest) {
    const batch = await content.referrers.list(repository, subject, { after, limit: REFERRERS_BATCH, artifactType })
    for (const descriptor of batch) {
      bytes += JSON.stringify(descriptor).length
      const last = items.at(-1)
      if (last && (items.length === limit || bytes > content.limits.manifestBytes)) {
        return { items, next: { after: last.digest, limit } }
      }
      items.push(descriptor)
    }
    if (batch.length < REFERRERS_BATCH) return { items }
  }
}

function pageSize({ limits }: Content, { limit }: ListRequest): number {
  return Math.min(limit ?? limits.pageSize, limits.pageSize)
}

/** Reads one more than asked for, to know whether another page follows. */
async function onePage<Item>(
  content: Content,
  request: ListRequest,
  read: (limit: number) => Promise<readonly Item[]>,
  keyOf: (item: Item) => string,
): Promise<ListPage<Item>> {
  const limit = pageSize(content, request)
  if (limit === 0) return { items: [] }
  const rows = await read(limit + 1)
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return rows.length > limit && last !== undefined ? { items, next: { after: keyOf(last), limit } } : { items }
}
