import { expect, test } from 'bun:test'
import { isIP } from 'node:net'
import fc from 'fast-check'
import { listenerVerdict, type NetworkOperation, networkVerdict, parseNetworkRules, type WrittenRule } from './index.ts'

const registry = (written: Partial<Record<NetworkOperation, WrittenRule>>) => parseNetworkRules('the registry', written)
const project = (written: Partial<Record<NetworkOperation, WrittenRule>>) => parseNetworkRules('project team', written)
const reasonOf = (verdict: ReturnType<typeof networkVerdict>) => (verdict.allowed ? undefined : verdict.reason)

test('without rules everybody may, even one whose address is unknown', () => {
  for (const address of ['10.0.0.1', '::1', ''])
    expect(networkVerdict({ address, operation: 'push', rules: [registry({}), project({})] })).toEqual({
      allowed: true,
    })
})

test('a range that denies wins over one that allows, and the reason names it and its level', () => {
  const rules = [registry({ push: { allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] } })]
  const push = (address: string) => reasonOf(networkVerdict({ address, operation: 'push', rules }))
  expect(push('10.2.0.1')).toBeUndefined()
  expect(push('10.1.0.1')).toBe('10.1.0.1 is in 10.1.0.0/16, from which the registry takes no pushes.')
  expect(push('192.0.2.1')).toBe('192.0.2.1 is in none of the networks from which the registry takes pushes.')
})

test('every level must allow', () => {
  const rules = [
    registry({ pull: { deny: ['192.0.2.0/24'] } }),
    project({ pull: { allow: ['192.0.2.0/24', '10.0.0.1'] } }),
  ]
  const pull = (address: string) => reasonOf(networkVerdict({ address, operation: 'pull', rules }))
  expect(pull('192.0.2.9')).toContain('the registry takes no pulls')
  expect(pull('10.0.0.1')).toBeUndefined()
  expect(pull('10.0.0.2')).toContain('project team takes pulls')
})

test('operations have rules of their own', () => {
  const rules = [registry({ administration: { allow: ['10.0.0.0/8'] } })]
  const verdict = (operation: NetworkOperation) => networkVerdict({ address: '192.0.2.1', operation, rules }).allowed
  expect([verdict('pull'), verdict('push'), verdict('administration')]).toEqual([true, true, false])
})

test('IPv4 inside IPv6 is IPv4, on either side', () => {
  const rules = [registry({ pull: { deny: ['10.0.0.0/8', '::ffff:192.168.0.0/112'] } })]
  for (const address of ['::ffff:10.1.1.1', '::ffff:a01:101', '10.1.1.1', '192.168.9.9'])
    expect({ address, ...networkVerdict({ address, operation: 'pull', rules }) }).toMatchObject({ allowed: false })
})

test('an address that cannot be read is refused as soon as there is a rule', () => {
  for (const address of ['', 'unknown', '10.0.0.1, 10.0.0.2', '10.0.0']) {
    const verdict = networkVerdict({
      address,
      operation: 'pull',
      rules: [registry({ pull: { deny: ['10.0.0.0/8'] } })],
    })
    expect(reasonOf(verdict)).toContain('address of the client is unknown')
  }
})

test('a listener serves what it is told to, and everything when it is told nothing', () => {
  const address = '0.0.0.0:5000'
  expect(listenerVerdict({ address }, 'administration')).toEqual({ allowed: true })
  expect(listenerVerdict({ address, serves: ['pull', 'push'] }, 'push')).toEqual({ allowed: true })
  const refused = listenerVerdict({ address, serves: ['pull'] }, 'push')
  expect(refused).toEqual({ allowed: false, reason: 'The listener 0.0.0.0:5000 serves no pushes.' })
})

/** IPv4 only and bit by bit, as one would write it down. */
const bitsOf = (address: string) =>
  address
    .split('.')
    .map(part => Number(part).toString(2).padStart(8, '0'))
    .join('')
const holds = (range: string, address: string) => {
  const [base = '', prefix = '32'] = range.split('/')
  return bitsOf(base).slice(0, Number(prefix)) === bitsOf(address).slice(0, Number(prefix))
}

test('verdicts are those of a naive model', () => {
  // Few bits differ, so that ranges hold addresses often enough.
  const address = fc
    .tuple(fc.constantFrom(10, 11), fc.constantFrom(0, 128), fc.constantFrom(0, 1), fc.nat(3))
    .map(parts => parts.join('.'))
  const range = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([base, prefix]) => `${base}/${prefix}`)
  const rule = fc.record({ allow: fc.array(range, { maxLength: 3 }), deny: fc.array(range, { maxLength: 2 }) })
  const operation = fc.constantFrom<NetworkOperation>('pull', 'push', 'administration')
  const written = fc.record({ pull: rule, push: rule, administration: rule })
  fc.assert(
    fc.property(
      fc.array(written, { maxLength: 3 }),
      operation,
      address,
      fc.boolean(),
      (levels, operation, address, mapped) => {
        const expected = levels.every(level => {
          const { allow, deny } = level[operation]
          return (
            !deny.some(each => holds(each, address)) && (allow.length === 0 || allow.some(each => holds(each, address)))
          )
        })
        const text = mapped ? `::ffff:${address}` : address
        expect(isIP(text)).toBeGreaterThan(0)
        const rules = levels.map((level, index) => parseNetworkRules(`level ${index}`, level))
        const verdict = networkVerdict({ address: text, operation, rules })
        expect(verdict.allowed).toBe(expected)
        // The level it names refuses alone, too.
        if (!verdict.allowed) {
          const named = rules.filter(({ level }) => verdict.reason.includes(level))
          expect(named.some(each => !networkVerdict({ address: text, operation, rules: [each] }).allowed)).toBe(true)
        }
      },
    ),
  )
})
