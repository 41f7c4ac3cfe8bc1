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
      const value = v6Value(text.split('%')[0] as string)
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
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

function v6Value(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const plain = dotted ? `${dotted[1]}${hexPair(v4Value(dotted[2] as string))}` : text
  const [head = '', tail] = plain.split('::')
  const groupsOf = (part: string) => (part === '' ? [] : part.split(':'))
  const before = groupsOf(head)
  const after = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}

function hexPair(value: bigint): string {
  return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`
}
