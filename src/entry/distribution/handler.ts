import { type Access, type Action, authorize, type Permit } from '../../features/access/index.ts'
import type { Content, StoredBlob } from '../../features/content/index.ts'
import { type Digest, parseRepositoryName, type RepositoryName, type Tag } from '../../oci/index.ts'
import type { Exchange } from '../exchange/index.ts'

export interface DistributionOptions {
  readonly content: Content
  readonly access: Access
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

/** Binds an endpoint to the action it takes; the decision is made here, before the handler sees the request. */
export function endpoint<A extends 'pull' | 'push' | 'delete' | 'stat' | 'list'>(
  action: A,
  handle: (call: Call<A>) => Promise<Response>,
): Handler {
  return async (exchange, options, name, last) => {
    const repository = parseRepositoryName(name, options.maxNameLength)
    const { principal, origin } = exchange
    const permit = await authorize(options.access, { principal, action, resource: { repository }, origin })
    return handle({ ...options, exchange, permit, repository, last })
  }
}
