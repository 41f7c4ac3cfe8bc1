import type { Image } from '../../stores/metadata/index.ts'
import { type Permit, sightOf } from '../access/index.ts'
import type { Catalog } from './catalog.ts'
import { type Position, positionOf, positionText } from './search-position.ts'
import { hasAll, type SearchQuestion } from './search-question.ts'
import { byNewest, byRepository, type Step } from './search-steps.ts'

export interface SearchRequest extends SearchQuestion {
  readonly sort: 'repository' | 'newest'
  /** What `next` of the page before was. */
  readonly after?: string | undefined
  readonly limit: number
}

export interface FoundImages {
  readonly images: readonly Image[]
  /** Where the next page begins; it may be there although this page is short. */
  readonly next: string | undefined
}

/** Manifests that are looked at for one page. */
const MOST_LOOKED_AT = 50_000
const READ_AT_ONCE = 25
/** Annotations may be as large as a manifest, so a page ends by its size too. */
const MOST_PAGE_BYTES = 4 << 20

/**
 * Images in repositories that the caller may pull from, and no others: what the caller may not see is told by neither
 * an answer nor where the next page begins. @throws INVALID for an `after` that is none.
 */
export async function searchImages(
  catalog: Catalog,
  permit: Permit<'catalog'>,
  request: SearchRequest,
): Promise<FoundImages> {
  const maySee = sightOf(catalog, permit)
  const search = { ...request, maySee, position: positionOf(request.after, request.sort) }
  const steps = (request.sort === 'newest' ? byNewest : byRepository)(catalog.details.search, search)
  const images: Image[] = []
  let [lookedAt, bytes] = [0, 0]
  let last: Position | undefined
  for await (const { keys, cost, end } of steps) {
    for await (const { image, key } of matching(catalog, keys, request.filter)) {
      if (last && (images.length === request.limit || bytes >= MOST_PAGE_BYTES))
        return { images, next: positionText(last) }
      images.push(image)
      bytes += JSON.stringify(image).length
      last = request.sort === 'newest' ? { id: key.id } : { repositoryId: key.repositoryId, digest: key.digest }
    }
    lookedAt += cost
    if (lookedAt >= MOST_LOOKED_AT) return { images, next: end && positionText(end) }
    // Others are served meanwhile: on SQLite nothing else gets a turn by itself.
    await new Promise(setImmediate)
  }
  return { images, next: undefined }
}

async function* matching(catalog: Catalog, keys: Step['keys'], filter: SearchQuestion['filter']) {
  for (let from = 0; from < keys.length; from += READ_AT_ONCE) {
    const part = keys.slice(from, from + READ_AT_ONCE)
    const found = await catalog.details.images.read(part.map(({ id }) => id))
    for (const [index, key] of part.entries()) {
      const image = found[index]
      if (image && (await hasAll(catalog, image, filter))) yield { image, key }
    }
  }
}
