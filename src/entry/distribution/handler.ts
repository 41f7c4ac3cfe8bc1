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
    const permit = await authorize(options.access, asking, elsewhere)
    const call = { ...options, exchange, repository, last }
    if (repositoryOf(permit) !== repository) return answerFrom(permit, action, call, handle)
    try {
      return await handle({ ...call, permit })
    } catch (error) {
      const isThere = !(error instanceof RegistryError && isGone(error))
      const moved = isThere ? undefined : await elsewhere()
      if (moved) return answerFrom(moved, action, { ...call, limits: countedOnce(call, moved) }, handle)
      if (withoutRepository && !isThere) return withoutRepository({ ...call, permit })
      throw error
    }
  }
}

/** The request was counted before it turned out where it leads; the limit of another project counts for itself. */
function countedOnce(
  { limits, repository }: Pick<Call<'pull'>, 'limits' | 'repository'>,
  moved: Permit<RepositoryAction>,
) {
  const isElsewhere = projectOf({ repository }) !== projectOf({ repository: repositoryOf(moved) })
  return isElsewhere ? limits : { ...limits, pull: async () => undefined }
}

function isGone(error: RegistryError): boolean {
  return error.code === 'NAME_UNKNOWN' || error instanceof RepositoryRenamed
}

const READS: ReadonlySet<Action> = new Set(['pull', 'stat', 'list'])

async function answerFrom<A extends RepositoryAction>(
  permit: Permit<A>,
  action: A,
  { repository, ...call }: Omit<Call<A>, 'permit'>,
  handle: (call: Call<A>) => Promise<Response>,
): Promise<Response> {
  const present = repositoryOf(permit)
  if (!READS.has(action)) throw new RepositoryRenamed(repository, present)
  const response = await handle({ ...call, repository, permit })
  const [warning = ''] = warningHeaders([`${repository} is now ${present}: pull it by that name`])
  response.headers.append('Warning', warning)
  return response
}
