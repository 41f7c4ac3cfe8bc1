import { type Address, parseAddress } from './address.ts'

/** A range of addresses: those that begin with the same bits. */
export interface Cidr {
  /** As it was given, for messages. */
  readonly text: string
  readonly family: 4 | 6
  /** How many bits are the host's. */
  readonly host: bigint
  /** The others. */
  readonly network: bigint
}

const WIDTH = { 4: 32, 6: 128 } as const

/**
 * Reads an address or a range (RFC 4632). A range of IPv4 addresses inside IPv6 (`::ffff:10.0.0.0/104`) is the range of
 * IPv4 addresses it means. @throws naming the entry that is neither.
 */
export function parseCidr(text: string): Cidr {
  const [, written = '', digits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const address = parseAddress(written)
  const width = written.includes(':') ? 128 : 32
  const given = digits === undefined ? width : Number(digits)
  const narrowed = address?.family === 4 && width === 128 ? given - 96 : given
  if (!address || given > width || narrowed < 0) {
    throw new Error(`"${text}" is neither an IP address nor a range such as 10.0.0.0/8`)
  }
  const host = BigInt(WIDTH[address.family] - narrowed)
  return { text, family: address.family, host, network: address.value >> host }
}

/** @throws naming the first entry that is no address and no range. */
export function parseCidrs(entries: readonly string[]): readonly Cidr[] {
  return entries.map(parseCidr)
}

export function isWithin({ family, host, network }: Cidr, address: Address): boolean {
  return family === address.family && address.value >> host === network
}

/** The first range that holds the address. */
export function cidrOf(cidrs: readonly Cidr[], address: Address): Cidr | undefined {
  return cidrs.find(cidr => isWithin(cidr, address))
}

/** False for what is no address. */
export function addressIsIn(cidrs: readonly Cidr[], text: string): boolean {
  if (cidrs.length === 0) return false
  const address = parseAddress(text)
  return address !== undefined && cidrOf(cidrs, address) !== undefined
}
