import { type Address, formatAddress, parseAddress } from './address.ts'
import { type Cidr, isWithin, parseCidr } from './cidr.ts'

/**
 * What an address is when it is not one of the public Internet: `kind` for messages; `reach` says whether a machine of
 * one's own may have it (`private`) or whether nobody means it when they name a server (`never`).
 */
export interface SpecialUse {
  readonly kind: string
  readonly reach: 'private' | 'never'
}

type Row = readonly [range: string, kind: string, reach: SpecialUse['reach']]

/** Where clouds tell a machine its own credentials; whoever reaches them is the machine. */
const METADATA: readonly Row[] = [
  ['169.254.169.254', 'a cloud’s metadata service', 'never'],
  ['169.254.170.2', 'a cloud’s metadata service', 'never'],
  ['169.254.170.23', 'a cloud’s metadata service', 'never'],
  ['fd00:ec2::254', 'a cloud’s metadata service', 'never'],
  ['fd00:ec2::23', 'a cloud’s metadata service', 'never'],
  ['fd20:ce::254', 'a cloud’s metadata service', 'never'],
  ['100.100.100.200', 'a cloud’s metadata service', 'never'],
  ['168.63.129.16', 'a cloud’s metadata service', 'never'],
]

/** https://www.iana.org/assignments/iana-ipv4-special-registry, apart from what is globally reachable; multicast. */
const IPV4: readonly Row[] = [
  ['0.0.0.0/8', 'unspecified', 'never'],
  ['10.0.0.0/8', 'private', 'private'],
  ['100.64.0.0/10', 'shared by carriers (CGNAT)', 'private'],
  ['127.0.0.0/8', 'loopback', 'private'],
  ['169.254.0.0/16', 'link-local', 'never'],
  ['172.16.0.0/12', 'private', 'private'],
  ['192.0.0.0/24', 'reserved', 'never'],
  ['192.0.2.0/24', 'for documentation', 'never'],
  ['192.88.99.0/24', '6to4 relay', 'never'],
  ['192.168.0.0/16', 'private', 'private'],
  ['198.18.0.0/15', 'for benchmarks', 'private'],
  ['198.51.100.0/24', 'for documentation', 'never'],
  ['203.0.113.0/24', 'for documentation', 'never'],
  ['224.0.0.0/4', 'multicast', 'never'],
  ['255.255.255.255/32', 'broadcast', 'never'],
  ['240.0.0.0/4', 'reserved', 'never'],
]

/** https://www.iana.org/assignments/iana-ipv6-special-registry, likewise. */
const IPV6: readonly Row[] = [
  ['::/128', 'unspecified', 'never'],
  ['::1/128', 'loopback', 'private'],
  ['::/96', 'IPv4-compatible', 'never'],
  ['64:ff9b:1::/48', 'NAT64 of a network of its own', 'private'],
  ['2001::/23', 'reserved for protocols (Teredo and others)', 'never'],
  ['2001:db8::/32', 'for documentation', 'never'],
  ['3fff::/20', 'for documentation', 'never'],
  ['fc00::/7', 'private (unique local)', 'private'],
  ['fe80::/10', 'link-local', 'never'],
  ['fec0::/10', 'site-local', 'never'],
  ['ff00::/8', 'multicast', 'never'],
]

const TABLE = [...METADATA, ...IPV4, ...IPV6].map(([range, kind, reach]): SpecialUse & { readonly cidr: Cidr } => ({
  cidr: parseCidr(range),
  kind,
  reach,
}))
/** All that is assigned for use between networks today. */
const GLOBAL_UNICAST = parseCidr('2000::/3')
const NAT64 = parseCidr('64:ff9b::/96')
const SIX_TO_FOUR = parseCidr('2002::/16')

/** Undefined for an address of the public Internet. An IPv4 address that is carried inside IPv6 counts as itself. */
export function specialUseOf(address: Address): SpecialUse | undefined {
  const carried = carriedOf(address)
  if (carried) {
    const use = specialUseOf(carried.address)
    return use && { ...use, kind: `${carried.how} of ${formatAddress(carried.address)}, which is ${use.kind}` }
  }
  const found = TABLE.find(({ cidr }) => isWithin(cidr, address))
  if (found) return { kind: found.kind, reach: found.reach }
  if (address.family === 6 && !isWithin(GLOBAL_UNICAST, address)) return { kind: 'not assigned', reach: 'never' }
  return undefined
}

/** Translators (RFC 6052, 2.1) and relays (RFC 3056, 2) send these on to an IPv4 address. */
function carriedOf(address: Address): { readonly address: Address; readonly how: string } | undefined {
  if (isWithin(NAT64, address)) {
    return { how: 'NAT64', address: { family: 4, value: address.value & 0xffff_ffffn } }
  }
  if (isWithin(SIX_TO_FOUR, address)) {
    return { how: '6to4', address: { family: 4, value: (address.value >> 80n) & 0xffff_ffffn } }
  }
  return undefined
}

/**
 * Whose address it is, as far as addresses tell: an IPv4 address is one customer's, of IPv6 the first 64 bits are
 * (RFC 6177; a host chooses the others as it likes). @returns `192.0.2.7`, `2001:db8:1:2::/64`; undefined for no address.
 */
export function customerOf(text: string): string | undefined {
  const address = parseAddress(text)
  if (!address) return undefined
  if (address.family === 4) return formatAddress(address)
  return `${formatAddress({ family: 6, value: (address.value >> 64n) << 64n })}/64`
}
