import { addressIsIn, type Cidr } from '../../platform/addresses/index.ts'
import type { Log } from '../../platform/telemetry/index.ts'
import type { Connection } from '../exchange/index.ts'
import type { Application } from './application.ts'
import { clientAddress, publicUrlOf } from './client-address.ts'

export interface ListenOptions {
  readonly hostname: string
  readonly port: number
  /** PEM texts. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** Lets several processes, or an old and a new certificate, share the port. */
  readonly reusePort: boolean
  readonly idleTimeoutSeconds: number
  readonly trustedProxies: readonly Cidr[]
  /** What it is for, as it is written in the settings. */
  readonly listener: Connection['listener']
  /** How clients reach this server; absent: as each request says it did. */
  readonly publicUrl?: string | undefined
}

export interface Listener {
  readonly port: number
  /** Takes no new connections and resolves when those there are have been answered. */
  drain(): Promise<void>
  /** Breaks off what is still going on. */
  abort(): Promise<void>
}

/** Bodies are limited where they are read, with an answer that says so; the listener must not cut them off. */
const NO_BODY_LIMIT = Number.MAX_SAFE_INTEGER

export function startListener(application: Application, options: ListenOptions, log: Log): Listener {
  const { hostname, port, tls, reusePort, idleTimeoutSeconds, trustedProxies, publicUrl, listener } = options
  const server = Bun.serve({
    hostname,
    port,
    reusePort,
    maxRequestBodySize: NO_BODY_LIMIT,
    idleTimeout: idleTimeoutSeconds,
    ...(tls ? { tls: { cert: tls.certificate, key: tls.key } } : {}),
    fetch: (request, bun) =>
      application(request, {
        address: () =>
          clientAddress(bun.requestIP(request)?.address ?? '', request.headers.get('X-Forwarded-For'), trustedProxies),
        keepOpen: () => bun.timeout(request, 0),
        fromTrustedProxy: () => addressIsIn(trustedProxies, bun.requestIP(request)?.address ?? ''),
        listener,
        publicUrl: () => publicUrl ?? publicUrlOf(request, bun.requestIP(request)?.address ?? '', trustedProxies),
      }),
    error(error) {
      log.error({ err: error }, 'an answer broke off')
      return new Response('{"errors":[{"code":"UNKNOWN","message":"The registry failed on this request."}]}\n', {
        status: 500,
        headers: { 'Content-Type': 'application/json' },
      })
    },
  })
  return {
    port: server.port ?? port,
    drain: () => server.stop(false),
    abort: () => server.stop(true),
  }
}
