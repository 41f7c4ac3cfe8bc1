import type { Asked } from './exchange.ts'
import { OutboundFailed, OutboundRefused } from './outbound.ts'

const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** All that another server is told. Whatever else there is may be a secret: not only Authorization and Cookie are. */
const FOR_STRANGERS = new Set(['accept', 'accept-language', 'range', 'user-agent'])

/**
 * What to ask next, as https://fetch.spec.whatwg.org/#http-redirect-fetch has it and stricter: nothing but the kind of
 * answer that is wanted goes to another origin, and nothing goes from https to http. Undefined for what is no redirect.
 * @throws OutboundRefused, OutboundFailed.
 */
export function nextOf(asked: Asked, { status, headers }: Response): Asked | undefined {
  const location = headers.get('Location')
  if (!REDIRECTS.has(status) || location === null) return undefined
  const url = URL.parse(location, asked.url.href)
  if (!url) throw new OutboundFailed(`${asked.url.origin} redirects to what is no URL.`)
  checkUrl(url)
  if (asked.url.protocol === 'https:' && url.protocol !== 'https:') {
    throw new OutboundRefused(`${asked.url.origin} redirects to ${url.origin}: Berth does not go from https to http.`)
  }
  const becomesGet = (status === 303 && asked.method !== 'HEAD') || (status < 303 && asked.method === 'POST')
  const next: Asked = becomesGet
    ? {
        ...asked,
        url,
        method: 'GET',
        body: undefined,
        headers: without(asked.headers, name => name.startsWith('content-')),
      }
    : { ...asked, url }
  if (url.origin === asked.url.origin) return next
  if (next.body) {
    throw new OutboundRefused(
      `${asked.url.origin} redirects a body to ${url.origin}: Berth sends it to the first only.`,
    )
  }
  const tls = asked.tls?.ca ? { ca: asked.tls.ca } : undefined
  return { ...next, tls, headers: without(next.headers, name => !FOR_STRANGERS.has(name)) }
}

/** @throws OutboundRefused for what is neither http nor https, and for credentials in the URL, which logs would show. */
export function checkUrl(url: URL): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new OutboundRefused(`Berth speaks http and https, not ${url.protocol.slice(0, -1)}.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new OutboundRefused(`The URL of ${url.host} carries a user name or a password: give them apart from it.`)
  }
}

function without(headers: Headers, isLeftOut: (name: string) => boolean): Headers {
  return new Headers([...headers].filter(([name]) => !isLeftOut(name)))
}
