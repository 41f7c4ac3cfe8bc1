import type { Socket } from 'node:net'

/** The only way out of Berth, apart from the storage and the database that its operator named. */
export interface Outbound {
  /**
   * One HTTP request. Gives any status; a redirect is an answer like others unless `redirects` says to follow.
   * The answer's body must be read to its end or cancelled: it holds the connection, until the time is up.
   * @throws OutboundRefused, OutboundFailed; reading the body throws OutboundFailed.
   */
  fetch(url: string | URL, request?: OutboundRequest): Promise<Response>
  /** A connection that is open and, with `tls`, whose server is verified. @throws OutboundRefused, OutboundFailed. */
  connect(to: OutboundAddress): Promise<Socket>
}

export interface OutboundRequest {
  readonly method?: string | undefined
  readonly headers?: Headers | Readonly<Record<string, string>> | undefined
  readonly body?: string | Uint8Array | ArrayBuffer | URLSearchParams | null | undefined
  /** In place of `body`: of whatever length, sent as fast as it is taken. It is not sent again after a redirect. */
  readonly stream?: AsyncIterable<Uint8Array> | undefined
  /** From the look-up of the name to the last byte of the body; 30,000 unless given. */
  readonly timeoutMs?: number | undefined
  /** How many redirects are followed; none unless given. */
  readonly redirects?: number | undefined
  /** Of the body; 10 MiB unless given. */
  readonly maxBytes?: number | undefined
  readonly tls?: OutboundTls | undefined
  readonly signal?: AbortSignal | null | undefined
}

export interface OutboundAddress {
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
  /** Given, even empty: TLS. */
  readonly tls?: (OutboundTls & { readonly serverName?: string | undefined }) | undefined
  /** Until the connection is open and its TLS agreed on; 10,000 unless given. */
  readonly timeoutMs?: number | undefined
}

/** PEM texts. `ca` stands in the place of the system's authorities. */
export interface OutboundTls {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** Gives every address of a name. @throws when there is none. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** Berth may not go there. The message says where and which setting would allow it; trying again changes nothing. */
export class OutboundRefused extends Error {
  override readonly name = 'OutboundRefused'
}

/** The other side could not be reached, said too much or took too long. The message names no path and no query. */
export class OutboundFailed extends Error {
  override readonly name = 'OutboundFailed'
}
