import { isIP } from 'node:net'

/** An IP address as a number, so that it can be compared with ranges however it was written. */
export interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

const MAPPED = 0xffffn << 32n
const V4_BITS = 32n

/**
 * Reads an address as a socket or a header gives it. An IPv4 address inside IPv6 (`::ffff:10.0.0.1`, `::ffff:a00:1`;
 * RFC 4291, 2.5.5.2) is the IPv4 address it means; a zone (`fe80::1%eth0`) says nothing about the address.
 * @returns undefined for what is no address.
 */
export function parseAddress(text: string): Address | undefined {
  switch (isIP(text)) {
    case 4:
      return { family: 4, value: v4Value(text) }
    case 6: {
      const zone = text.indexOf('%')
      const value = v6Value(zone < 0 ? text : text.slice(0, zone))
      return value >> V4_BITS === MAPPED >> V4_BITS ? { family: 4, value: value & 0xffff_ffffn } : { family: 6, value }
    }
    default:
      return undefined
  }
}

/** In the one form that RFC 5952 recommends, apart from which run of zeros is shortened. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map(shift => String((value >> shift) & 0xffn)).join('.')
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(16 * (7 - index))) & 0xffffn).toString(16),
  ).join(':')
  const zeros = [...groups.matchAll(/(?:^|:)(?:0(?:$|:(?=0)|(?=:)))+/g)].map(match => match[0])
  const longest = zeros.sort((one, other) => other.length - one.length)[0]
  if (longest === undefined || longest.replaceAll(':', '').length < 2) return groups
  return groups.replace(longest, '::').replace(/:{3,}/, '::')
}

function v4Value(text: string): bigint {
  // Numbers hold 32 bits and are much faster than bigints.
  return BigInt(text.split('.').reduce((value, part) => value * 256 + Number(part), 0))
}

function v6Value(text: string): bigint {
  const plain = text.includes('.') ? undotted(text) : text
  const gap = plain.indexOf('::')
  if (gap < 0) return BigInt(`0x${padded(plain)}`)
  const [before, after] = [padded(plain.slice(0, gap)), padded(plain.slice(gap + 2))]
  return BigInt(`0x${before}${'0'.repeat(32 - before.length - after.length)}${after}`)
}

/** `::ffff:10.0.0.1` as `::ffff:a00:1`. */
function undotted(text: string): string {
  const start = text.lastIndexOf(':') + 1
  return `${text.slice(0, start)}${hexPair(v4Value(text.slice(start)))}`
}

/** The groups with all their digits. */
function padded(groups: string): string {
  let digits = ''
  if (groups !== '') for (const group of groups.split(':')) digits += group.padStart(4, '0')
  return digits
}

function hexPair(value: bigint): string {
  return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`
}
