import { addressIsIn, type Cidr, formatAddress, parseAddress } from '../../platform/addresses/index.ts'

/**
 * Where the request came from: the nearest address that is no trusted proxy. Each proxy appends the address it saw,
 * so the header is read from its end and only as far as proxies are trusted.
 */
export function clientAddress(peer: string, forwardedFor: string | null, trusted: readonly Cidr[]): string {
  // What the socket says needs no reading, unless it is IPv4 inside IPv6.
  let address = peer.includes(':') ? (plain(peer) ?? peer) : peer
  if (forwardedFor === null || trusted.length === 0) return address
  const hops = forwardedFor.split(',').map(hop => hop.trim())
  while (hops.length > 0 && addressIsIn(trusted, address)) {
    const hop = plain(hops.pop() as string)
    if (hop === undefined) break
    address = hop
  }
  return address
}

function plain(text: string): string | undefined {
  if (!text.includes(':')) return parseAddress(text) && text
  const address = parseAddress(text)
  return address && formatAddress(address)
}

const HOST = /^[A-Za-z0-9._-]+(:\d{1,5})?$|^\[[0-9a-fA-F:]+\](:\d{1,5})?$/

/** The scheme and host that the client used, by what a trusted proxy says of them, or the request itself. */
export function publicUrlOf(request: Request, peer: string, trusted: readonly Cidr[]): string {
  const said = (name: string) =>
    addressIsIn(trusted, peer) ? request.headers.get(name)?.split(',')[0]?.trim() : undefined
  const scheme = said('X-Forwarded-Proto') ?? new URL(request.url).protocol.slice(0, -1)
  const host = said('X-Forwarded-Host') ?? request.headers.get('Host') ?? ''
  return `${scheme === 'https' ? 'https' : 'http'}://${HOST.test(host) ? host : 'localhost'}`
}
