import type { Socket } from 'node:net'

export interface TlsFiles {
  /** PEM. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** The one place that opens connections out, as far as sinks need it. */
export interface Outbound {
  /** @throws when the address is not allowed or nobody answers. */
  readonly fetch: (
    url: string,
    request: {
      readonly method: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
      readonly timeoutMs: number
      readonly maxBytes: number
      readonly tls?: TlsFiles
      readonly signal?: AbortSignal
    },
  ) => Promise<Response>
  connect(to: {
    readonly host: string
    readonly port: number
    readonly tls?: TlsFiles & { readonly serverName?: string }
    readonly timeoutMs: number
  }): Promise<Socket>
}
