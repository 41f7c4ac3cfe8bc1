import { describe, expect, test } from 'bun:test'
import { BlockList } from 'node:net'
import fc from 'fast-check'
import { addressIsIn, customerOf, formatAddress, parseAddress, parseCidr, parseCidrs, specialUseOf } from './index.ts'

const v4 = fc.ipV4()
const v6 = fc.ipV6()

test('an address is the same however it is written', () => {
  const same = ['::ffff:10.1.2.3', '::FFFF:a01:203', '0:0:0:0:0:ffff:0a01:0203', '10.1.2.3']
  for (const text of same) expect(parseAddress(text)).toEqual({ family: 4, value: 0x0a010203n })
  for (const text of ['fe80::1%eth0', 'fe80:0::0:1', 'FE80::0.0.0.1'])
    expect(parseAddress(text)).toEqual({ family: 6, value: (0xfe80n << 112n) | 1n })
})

test('what is no address is none', () => {
  for (const text of ['', 'localhost', '1.2.3', '01.2.3.4', '1.2.3.256', ':::1', '1::2::3', '10.0.0.1/8', ' 10.0.0.1'])
    expect(parseAddress(text)).toBeUndefined()
})

test('formatting and parsing are each other’s inverse', () => {
  fc.assert(
    fc.property(fc.oneof(v4, v6), text => {
      const address = parseAddress(text)
      if (!address) throw new Error(text)
      expect(parseAddress(formatAddress(address))).toEqual(address)
    }),
  )
  for (const text of ['::', '::1', '1::', '2001:db8::1', '2001:db8:0:1::', '1:2:3:4:5:6:7:8', 'fe80::1'])
    expect(formatAddress(parseAddress(text) as never)).toBe(text)
})

test('a range holds what node’s own list of ranges says it holds', () => {
  const near = (text: string, bits: number, flip: number) => {
    const address = parseAddress(text)
    if (!address) return text
    const width = address.family === 4 ? 32 : 128
    return formatAddress({ ...address, value: address.value ^ (1n << BigInt((bits + flip) % width)) })
  }
  const families = [
    { address: v4, most: 32, type: 'ipv4' },
    { address: v6, most: 128, type: 'ipv6' },
  ] as const
  for (const { address, most, type } of families) {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: most }), fc.nat(130), (base, bits, flip) => {
        // An IPv4 address inside IPv6 is another family's here, on purpose.
        fc.pre(type === 'ipv4' || parseAddress(base)?.family === 6)
        const list = new BlockList()
        list.addSubnet(base, bits, type)
        const probe = near(base, bits, flip)
        fc.pre(type === 'ipv4' || parseAddress(probe)?.family === 6)
        expect(addressIsIn([parseCidr(`${base}/${bits}`)], probe)).toBe(list.check(probe, type))
      }),
    )
  }
})

test('IPv4 inside IPv6 is IPv4, in ranges too', () => {
  const ranges = parseCidrs(['::ffff:10.0.0.0/104'])
  expect(addressIsIn(ranges, '10.200.0.1')).toBe(true)
  expect(addressIsIn(ranges, '::ffff:ac8:1')).toBe(true)
  expect(addressIsIn(ranges, '11.0.0.1')).toBe(false)
  expect(addressIsIn(parseCidrs(['0.0.0.0/0']), '::1')).toBe(false)
  expect(addressIsIn(parseCidrs(['::/0']), '10.0.0.1')).toBe(false)
})

test('an entry that is no range is refused by its name, not read as all addresses', () => {
  for (const entry of ['10.0.0.0/', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/-1', '::/129', 'proxy', '', '/8'])
    expect(() => parseCidrs([entry])).toThrow(`"${entry}"`)
})

describe('addresses that are not of the public Internet', () => {
  const reach = (text: string) => specialUseOf(parseAddress(text) as never)?.reach
  test('may be of machines of one’s own', () => {
    const own = [
      '127.0.0.1',
      '10.0.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '100.64.0.1',
      '::1',
      'fc00::1',
      '::ffff:10.0.0.1',
      '64:ff9b::10.0.0.1',
      '2002:0a00:0001::1',
    ]
    expect(own.filter(text => reach(text) !== 'private')).toEqual([])
  })

  test('or are never meant', () => {
    const never = [
      '169.254.169.254',
      '169.254.1.1',
      'fd00:ec2::254',
      '::ffff:a9fe:a9fe',
      '64:ff9b::a9fe:a9fe',
      '2002:a9fe:a9fe::',
      '100.100.100.200',
      '168.63.129.16',
      '0.0.0.0',
      '0.1.2.3',
      '224.0.0.1',
      '255.255.255.255',
      '250.0.0.1',
      '192.0.2.1',
      '198.51.100.1',
      '203.0.113.1',
      '::',
      '::7f00:1',
      'fe80::1',
      'ff02::1',
      '2001:db8::1',
      '2001::1',
      '4000::1',
      '100::1',
    ]
    expect(never.filter(text => reach(text) !== 'never')).toEqual([])
  })

  test('all others are public', () => {
    const others = [
      '1.1.1.1',
      '172.32.0.1',
      '192.0.1.1',
      '2606:4700::1111',
      '64:ff9b::1.1.1.1',
      '2002:101:101::1',
      '::ffff:8.8.8.8',
    ]
    expect(others.filter(text => reach(text) !== undefined)).toEqual([])
  })
})

test('a customer of IPv6 has 64 bits for itself, and of IPv4 one address', () => {
  expect(customerOf('2001:db8:1:2:aaaa::1')).toBe('2001:db8:1:2::/64')
  expect(customerOf('2001:db8:1:2:ffff:ffff:ffff:ffff')).toBe('2001:db8:1:2::/64')
  expect(customerOf('::ffff:192.0.2.7')).toBe('192.0.2.7')
  expect(customerOf('unknown')).toBeUndefined()
})
