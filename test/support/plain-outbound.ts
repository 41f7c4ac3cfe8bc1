import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

interface Place {
  readonly host: string
  readonly port: number
  readonly tls?: { readonly ca?: string; readonly serverName?: string }
  readonly timeoutMs?: number
}

/** Connections to servers of this machine, without the guard that those of Berth pass through. */
export const plainConnector = {
  connect({ host, port, tls, timeoutMs = 10_000 }: Place): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    const { serverName, ca } = tls ?? {}
    const name = serverName === undefined || isIP(serverName) ? {} : { servername: serverName }
    const socket: Socket = tls
      ? connectTls({ host, port, ...name, ...(ca === undefined ? {} : { ca }) }, () => settle())
      : connect({ host, port }, () => settle())
    const timer = setTimeout(() => settle(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs)
    const settle = (error?: Error) => {
      clearTimeout(timer)
      socket.removeListener('error', settle)
      if (error) reject(error)
      else resolve(socket)
    }
    socket.once('error', settle)
    return promise
  },
}

interface PlainRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs?: number
}

/** Requests likewise; redirects are not followed. Notes what was asked. */
export function plainRequests(asked: string[] = []) {
  return {
    fetch(url: string | URL, { method = 'GET', headers = {}, body, timeoutMs = 10_000 }: PlainRequest = {}) {
      asked.push(`${method} ${url}`)
      return fetch(url, {
        method,
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body }),
      })
    },
  }
}
