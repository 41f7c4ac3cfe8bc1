import {
  type Access,
  type Action,
  authorize,
  type FindRenamed,
  type Permit,
  permitByFormerName,
  projectOf,
  repositoryOf,
} from '../../features/access/index.ts'
import type { Content, StoredBlob } from '../../features/content/index.ts'
import {
  type Digest,
  parseRepositoryName,
  RegistryError,
  type RepositoryName,
  RepositoryRenamed,
  type Tag,
} from '../../oci/index.ts'
import type { Exchange } from '../exchange/index.ts'
import { warningHeaders } from './warnings.ts'

export interface DistributionOptions {
  readonly content: Content
  readonly access: Access
  /** Asked about a name that no repository has, or that the caller may not have. */
  readonly findRenamed: FindRenamed
  readonly maxNameLength: number
  /** Is told of every manifest that was sent. */
  readonly pulled: (permit: Permit<'pull'>, manifest: { readonly digest: Digest; readonly tag?: Tag }) => void
  /** Counts pulls and pushes. */
  readonly limits: ManifestLimits
  /** Where this client may fetch the blob from the storage itself; undefined when Berth sends it. */
  readonly redirect?: (blob: StoredBlob, clientAddress: string) => Promise<string> | undefined
}

/** Each gives the headers that tell what is left, if anything is limited. @throws TOOMANYREQUESTS. */
export interface ManifestLimits {
  pull(permit: Permit<'pull'>): Promise<Headers | undefined>
  push(permit: Permit<'push'>): Promise<Headers | undefined>
  /** Free. */
  peek(permit: Permit<'stat'>): Promise<Headers | undefined>
}

type Headers = Readonly<Record<string, string>>

/** What a handler of one endpoint gets: names parsed, access decided. */
export interface Call<A extends Action> extends DistributionOptions {
  readonly exchange: Exchange
  readonly permit: Permit<A>
  readonly repository: RepositoryName
  /** The last part of the path: reference, digest or upload id. */
  readonly last: string
}

export type Handler = (
  exchange: Exchange,
  options: DistributionOptions,
  name: string,
  last: string,
) => Promise<Response>

type RepositoryAction = 'pull' | 'push' | 'delete' | 'stat' | 'list'

/** A repository may be renamed between the look at its name and the look at what it holds: so often it is looked for. */
const MOST_LOOKS = 5

/**
 * Binds an endpoint to the action it takes; the decision is made here, before the handler sees the request. What is read
 * by a former name is answered from where it is now; what would change something there is told the present name.
 * @param withoutRepository answers instead of an error when there is no repository.
 */
export function endpoint<A extends RepositoryAction>(
  action: A,
  handle: (call: Call<A>) => Promise<Response>,
  withoutRepository?: (call: Call<A>) => Response,
): Handler {
  return async (exchange, options, name, last) => {
    const repository = parseRepositoryName(name, options.maxNameLength)
    const { principal, origin } = exchange
    const asking = { principal, action, resource: { repository }, origin }
    const elsewhere = () => permitByFormerName(options.access, asking, repository, options.findRenamed)
    const lookAgain = async () => {
      const moved = await elsewhere()
      if (moved || !READS.has(action)) return moved
      const isBack = await options.content.repositories.exists(repository)
      return isBack ? authorize(options.access, asking, elsewhere) : undefined
    }
    const call = { ...options, exchange, repository, last }
    const permit = await authorize(options.access, asking, elsewhere)
    try {
      return await answerAs(action, permit, call, handle)
    } catch (error) {
      if (!isGone(error)) throw error
      return answerAgain(action, error, permit, call, { handle, lookAgain, withoutRepository })
    }
  }
}

interface Answering<A extends RepositoryAction> {
  readonly handle: (call: Call<A>) => Promise<Response>
  /** Where the repository is now; undefined when there is none. */
  readonly lookAgain: () => Promise<Permit<A> | undefined>
  readonly withoutRepository: ((call: Call<A>) => Response) | undefined
}

/** Of a repository that was not where it was looked for. */
async function answerAgain<A extends RepositoryAction>(
  action: A,
  fault: unknown,
  looked: Permit<A>,
  call: Omit<Call<A>, 'permit'>,
  { handle, lookAgain, withoutRepository }: Answering<A>,
): Promise<Response> {
  let [latest, permit, limits] = [fault, looked, call.limits]
  for (let looks = 1; ; looks += 1) {
    const next = looks < MOST_LOOKS ? await lookAgain() : undefined
    if (!next && withoutRepository) return withoutRepository({ ...call, permit })
    if (!next) throw latest
    limits = countedOnce(limits, permit)
    permit = next
    try {
      return await answerAs(action, permit, { ...call, limits }, handle)
    } catch (error) {
      if (!isGone(error)) throw error
      latest = error
    }
  }
}

/** The request was counted before it turned out where it leads; the limit of another project counts for itself. */
function countedOnce(limits: ManifestLimits, counted: Permit<RepositoryAction>): ManifestLimits {
  const project = projectOf({ repository: repositoryOf(counted) })
  const isCounted = (permit: Permit<'pull'>) => projectOf({ repository: repositoryOf(permit) }) === project
  return { ...limits, pull: async permit => (isCounted(permit) ? undefined : limits.pull(permit)) }
}

function isGone(error: unknown): boolean {
  if (error instanceof RepositoryRenamed) return error.renamedTo === undefined
  return error instanceof RegistryError && error.code === 'NAME_UNKNOWN'
}

const READS: ReadonlySet<Action> = new Set(['pull', 'stat', 'list'])

async function answerAs<A extends RepositoryAction>(
  action: A,
  permit: Permit<A>,
  call: Omit<Call<A>, 'permit'>,
  handle: (call: Call<A>) => Promise<Response>,
): Promise<Response> {
  const present = repositoryOf(permit)
  if (present === call.repository) return handle({ ...call, permit })
  if (!READS.has(action)) throw new RepositoryRenamed(call.repository, present)
  const response = await handle({ ...call, permit })
  const [warning = ''] = warningHeaders([`${call.repository} is now ${present}: pull it by that name`])
  response.headers.append('Warning', warning)
  return response
}
