import { BlockList, isIP } from 'node:net'

/** Addresses of proxies whose `X-Forwarded-For` is believed. @throws naming the entry that is no address or range. */
export function parseCidrs(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/')
    const family = isIP(address)
    const bits = prefix === undefined ? undefined : Number(prefix)
    const widest = family === 4 ? 32 : 128
    if (family === 0 || (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= widest))) {
      throw new Error(`"${entry}" is neither an IP address nor a range such as 10.0.0.0/8`)
    }
    const type = family === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, type)
    else list.addSubnet(address, bits, type)
  }
  return list
}

export function addressIsIn(trusted: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:/, '')
  return isIP(plain) !== 0 && trusted.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6')
}

/**
 * Where the request came from: the nearest address that is no trusted proxy. Each proxy appends the address it saw,
 * so the header is read from its end and only as far as proxies are trusted.
 */
export function clientAddress(peer: string, forwardedFor: string | null, trusted: BlockList): string {
  let address = peer.replace(/^::ffff:/, '')
  if (forwardedFor === null) return address
  const hops = forwardedFor.split(',').map(hop => hop.trim())
  while (hops.length > 0 && addressIsIn(trusted, address)) {
    const hop = hops.pop() as string
    if (isIP(hop) === 0) break
    address = hop
  }
  return address
}

const HOST = /^[A-Za-z0-9._-]+(:\d{1,5})?$|^\[[0-9a-fA-F:]+\](:\d{1,5})?$/

/** The scheme and host that the client used, by what a trusted proxy says of them, or the request itself. */
export function publicUrlOf(request: Request, peer: string, trusted: BlockList): string {
  const said = (name: string) =>
    addressIsIn(trusted, peer) ? request.headers.get(name)?.split(',')[0]?.trim() : undefined
  const scheme = said('X-Forwarded-Proto') ?? new URL(request.url).protocol.slice(0, -1)
  const host = said('X-Forwarded-Host') ?? request.headers.get('Host') ?? ''
  return `${scheme === 'https' ? 'https' : 'http'}://${HOST.test(host) ? host : 'localhost'}`
}
