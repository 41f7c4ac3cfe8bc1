import type { Origin } from '../../features/access/index.ts'
import type { Principal } from '../../features/identity/index.ts'

/** One request on its way: what was parsed of it, once, before anything is decided. */
export interface Exchange {
  readonly request: Request
  readonly method: string
  /** As sent, without query; still percent-encoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly requestId: string
  readonly principal: Principal
  readonly origin: Origin
  readonly connection: Connection
}

/** What is asked of the connection only when it is wanted. */
export interface Connection {
  /** Where the request came from. */
  address(): string
  /** How clients reach this server, as this one did: `https://registry.example.com`. */
  publicUrl(): string
  /** Was it a proxy that is trusted to say who its client is? */
  fromTrustedProxy(): boolean
  readonly listener: NonNullable<Origin['listener']>
  /** From now on the registry works and the client waits: silence is no reason to close. */
  keepOpen(): void
}

const NO_QUERY = new URLSearchParams()

/** Splits by hand: a URL object for each request costs more than the look-up of a manifest. */
export function splitUrl(url: string): { readonly path: string; readonly query: URLSearchParams } {
  // HTTP/1.0 without Host, as simple health checks send it, has no more than the path.
  const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
  const mark = url.indexOf('?', start)
  if (mark < 0) return { path: url.slice(start), query: NO_QUERY }
  return { path: url.slice(start, mark), query: new URLSearchParams(url.slice(mark + 1)) }
}

/** Reads of the request only what somebody asks for: most requests are pulls, and nobody asks. */
export function originOf(
  request: Request,
  connection: Connection,
  { requestId, method, path }: Pick<Exchange, 'requestId' | 'method' | 'path'>,
): Origin {
  let address: string | undefined
  return {
    get address() {
      address ??= connection.address()
      return address
    },
    get userAgent() {
      return request.headers.get('User-Agent') ?? undefined
    },
    requestId,
    method,
    path,
    listener: connection.listener,
  }
}
