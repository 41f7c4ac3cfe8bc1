import { lookup } from 'node:dns/promises'
import { type Asked, exchange } from './exchange.ts'
import { createGuard } from './guard.ts'
import { openSocket } from './open-socket.ts'
import { type Outbound, OutboundFailed, OutboundRefused, type OutboundRequest, type Resolve } from './outbound.ts'
import { checkUrl, nextOf } from './redirects.ts'

const FETCH_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 10_000
const MAX_BYTES = 10 * 1024 * 1024

export interface OutboundOptions {
  /** Ranges, and names of hosts, that may be private: `10.0.0.0/8`, `ldap.corp.example`. */
  readonly allowedPrivate: readonly string[]
  /** The system's unless given. */
  readonly resolve?: Resolve
}

/** @throws naming the entry of `allowedPrivate` that is neither a range nor a name. */
export function createOutbound({ allowedPrivate, resolve = systemResolve }: OutboundOptions): Outbound {
  const guard = createGuard(allowedPrivate, resolve)
  return {
    async fetch(target, request = {}) {
      const url = typeof target === 'string' ? URL.parse(target) : target
      if (!url) throw new OutboundRefused('What was to be asked is no URL.')
      checkUrl(url)
      const limit = timeLimit(request.timeoutMs ?? FETCH_TIMEOUT_MS, url.origin)
      const signal = request.signal ? AbortSignal.any([limit, request.signal]) : limit
      let asked = askedOf(url, request)
      for (let left = request.redirects ?? 0; ; left -= 1) {
        const response = await exchange(guard, asked, signal)
        const next = request.redirects ? nextOf(asked, response) : undefined
        if (!next) return response
        await response.body?.cancel()
        if (left === 0) throw new OutboundFailed(`${url.origin} redirects more than ${request.redirects} times.`)
        asked = next
      }
    },
    connect(to) {
      return openSocket(guard, to, timeLimit(to.timeoutMs ?? CONNECT_TIMEOUT_MS, `${to.host}:${to.port}`))
    },
  }
}

/** getaddrinfo, as all programs of the machine resolve: /etc/hosts counts. */
const systemResolve: Resolve = async host => (await lookup(host, { all: true })).map(({ address }) => address)

function askedOf(
  url: URL,
  { method = 'GET', headers, body, stream, maxBytes = MAX_BYTES, tls }: OutboundRequest,
): Asked {
  const given = new Headers(headers)
  if (body instanceof URLSearchParams && !given.has('Content-Type')) {
    given.set('Content-Type', 'application/x-www-form-urlencoded;charset=UTF-8')
  }
  return { url, method: method.toUpperCase(), headers: given, body: stream ?? bytesOf(body), tls, maxBytes }
}

function bytesOf(body: OutboundRequest['body']): Uint8Array | undefined {
  if (body === undefined || body === null) return undefined
  if (body instanceof Uint8Array) return body
  return body instanceof ArrayBuffer ? new Uint8Array(body) : new TextEncoder().encode(body.toString())
}

function timeLimit(timeoutMs: number, who: string): AbortSignal {
  const controller = new AbortController()
  const timer = setTimeout(
    () => controller.abort(new OutboundFailed(`${who} did not finish within ${timeoutMs} ms.`)),
    timeoutMs,
  )
  timer.unref()
  return controller.signal
}
