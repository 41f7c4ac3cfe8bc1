import type { Digest, RepositoryName } from '../../oci/index.ts'
import type {
  ImageFilter,
  ImageKey,
  ImageSearch,
  RepositoryRange,
  RepositoryToSearch,
} from '../../stores/metadata/index.ts'
import type { Position } from './search-position.ts'

export interface Search {
  readonly range: RepositoryRange
  readonly filter: ImageFilter
  readonly position: Position | undefined
  readonly maySee: (repository: RepositoryName) => Promise<boolean>
}

/** A piece of a search, small enough that others can be served before the next. */
export interface Step {
  /** In the order of the search; each is also the place after it. */
  readonly keys: readonly ImageKey[]
  /** How many manifests were looked at, or about as much work. */
  readonly cost: number
  /** The place after the step; undefined: there is nothing more. */
  readonly end: Position | undefined
}

const REPOSITORIES = 500
const WINDOW = 1000
const NEWEST_WINDOW = 2000
/** So few can be sorted anew for each window. */
const FEW_MANIFESTS = 20_000

/** By the names of repositories, then by digest. Small repositories are asked about together, large ones piece by piece. */
export async function* byRepository(
  search: ImageSearch,
  { range, filter, position, maySee }: Search,
): AsyncGenerator<Step> {
  const start = position && 'repositoryId' in position ? position : undefined
  const startName = start && (await search.nameOf(start.repositoryId))
  // It went meanwhile, with all that was after it: where it was, nobody knows.
  if (start && startName === undefined) return
  const isWithin = start?.digest !== undefined
  let place: { from?: RepositoryName | undefined; after?: RepositoryName | undefined } = isWithin
    ? { from: startName }
    : { after: startName }
  for (;;) {
    const page = { ...place, limit: REPOSITORIES, most: WINDOW }
    const { repositories, last } = await search.repositories(range, filter, page)
    const visible: RepositoryToSearch[] = []
    for (const repository of repositories) if (await maySee(repository.name)) visible.push(repository)
    const isAlone = ({ id, manifests }: RepositoryToSearch) =>
      manifests >= WINDOW || (isWithin && id === start.repositoryId)
    for (const group of groupsOf(visible, isAlone)) yield* stepsOf(search, filter, group, start)
    if (!last) return
    yield { keys: [], cost: REPOSITORIES, end: { repositoryId: last.id } }
    place = { after: last.name }
  }
}

/** @param start where the first of them is gone on with. */
async function* stepsOf(
  search: ImageSearch,
  filter: ImageFilter,
  group: readonly RepositoryToSearch[],
  start: { readonly repositoryId: number; readonly digest?: string | undefined } | undefined,
): AsyncGenerator<Step> {
  const [first] = group
  const after = first?.id === start?.repositoryId ? start?.digest : undefined
  if (first && (after !== undefined || first.manifests >= WINDOW)) yield* pieceByPiece(search, filter, first, after)
  else if (first) yield together(search, filter, group)
}

/** Neighbours that are one step together. */
function* groupsOf(
  repositories: readonly RepositoryToSearch[],
  isAlone: (repository: RepositoryToSearch) => boolean,
): Generator<readonly RepositoryToSearch[]> {
  let group: RepositoryToSearch[] = []
  let size = 0
  for (const repository of repositories) {
    const alone = isAlone(repository)
    if (group.length > 0 && (alone || size + repository.manifests > WINDOW)) {
      yield group
      group = []
      size = 0
    }
    if (alone) yield [repository]
    else {
      group.push(repository)
      size += repository.manifests
    }
  }
  yield group
}

async function together(search: ImageSearch, filter: ImageFilter, group: readonly RepositoryToSearch[]): Promise<Step> {
  const cost = group.reduce((sum, { manifests }) => sum + manifests, 0)
  const order = new Map(group.map(({ id }, index) => [id, index]))
  const keys = await search.within([...order.keys()], filter)
  const place = ({ repositoryId }: ImageKey) => order.get(repositoryId) ?? 0
  const sorted = keys.toSorted((one, other) => place(one) - place(other) || byDigest(one, other))
  return { keys: sorted, cost, end: { repositoryId: group.at(-1)?.id ?? 0 } }
}

async function* pieceByPiece(
  search: ImageSearch,
  filter: ImageFilter,
  { id, manifests }: RepositoryToSearch,
  start: string | undefined,
): AsyncGenerator<Step> {
  let after = start as Digest | undefined
  do {
    const upTo: Digest | undefined = manifests < WINDOW ? undefined : await search.windowEnd(id, after, WINDOW)
    const keys = await search.within([id], filter, { after, upTo })
    yield { keys: keys.toSorted(byDigest), cost: Math.min(manifests, WINDOW), end: { repositoryId: id, digest: upTo } }
    after = upTo
  } while (after !== undefined)
}

function byDigest(one: ImageKey, other: ImageKey): number {
  return one.digest < other.digest ? -1 : 1
}

/** What came last to the registry first; what is pushed again keeps its place. */
export async function* byNewest(
  search: ImageSearch,
  { range, filter, position, maySee }: Search,
): AsyncGenerator<Step> {
  const repositoryIds = await fewRepositories(search, { range, maySee })
  if (repositoryIds?.length === 0) return
  let before = position && 'id' in position ? position.id : undefined
  do {
    const { keys, end } = await search.newest({ ...range, repositoryIds }, filter, { before, size: NEWEST_WINDOW })
    const visible: Step['keys'][number][] = []
    for (const { repository, ...key } of keys) if (await maySee(repository)) visible.push(key)
    before = end
    yield { keys: visible, cost: NEWEST_WINDOW, end: end === undefined ? undefined : { id: end } }
  } while (before !== undefined)
}

/** When a part of the registry is asked about that is small: its repositories; else all that is new is looked through. */
async function fewRepositories(
  search: ImageSearch,
  { range, maySee }: Pick<Search, 'range' | 'maySee'>,
): Promise<readonly number[] | undefined> {
  if (range.project === undefined && range.repository === undefined) return undefined
  const page = { limit: REPOSITORIES, most: FEW_MANIFESTS }
  const { repositories, last } = await search.repositories(range, {}, page)
  const manifests = repositories.reduce((sum, repository) => sum + repository.manifests, 0)
  if (last || manifests >= FEW_MANIFESTS) return undefined
  const ids: number[] = []
  for (const { id, name } of repositories) if (await maySee(name)) ids.push(id)
  return ids
}
