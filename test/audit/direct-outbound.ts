import { createConnection, type Socket } from 'node:net'
import { connect } from 'node:tls'
import type { Outbound } from '../../src/features/audit/index.ts'

/** Connections to receivers of a test, without the guard. */
export const directOutbound: Outbound = {
  fetch: (url, { method, headers, body, timeoutMs, tls, signal }) =>
    fetch(url, {
      method,
      headers,
      body,
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]),
      ...(tls ? { tls } : {}),
    }),
  connect({ host, port, tls }) {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    const socket: Socket = tls
      ? connect({ host, port, ...tls, servername: tls.serverName ?? host }, () => resolve(socket))
      : createConnection({ host, port }, () => resolve(socket))
    socket.once('error', reject)
    return promise
  },
}
