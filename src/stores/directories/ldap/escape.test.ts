import { expect, test } from 'bun:test'
import { assert, property, string } from 'fast-check'
import { AndFilter, EqualityFilter, FilterParser } from 'ldapts'
import { isBelow, leafValue, normalizeDn, splitDn } from './dn.ts'
import { escapeDnValue, escapeFilterValue, fillTemplate } from './escape.ts'

const anything = string({ unit: 'binary', minLength: 1 })

test('whatever a name holds, the filter compares with that name and nothing else', () => {
  assert(
    property(anything, name => {
      const filter = FilterParser.parseString(fillTemplate('(&(a=b)(uid={name}))', { name }, escapeFilterValue))
      if (!(filter instanceof AndFilter)) throw new Error('another filter')
      const [, second] = filter.filters
      expect(filter.filters).toHaveLength(2)
      expect(second).toBeInstanceOf(EqualityFilter)
      expect(String((second as EqualityFilter).value)).toBe(name)
    }),
  )
})

test('whatever a name holds, it stays one value of the distinguished name', () => {
  assert(
    property(anything, name => {
      const dn = fillTemplate('uid={name},ou=people,dc=test', { name }, escapeDnValue)
      expect(splitDn(dn)).toHaveLength(3)
      expect(leafValue(dn)).toBe(name)
      expect(isBelow(dn, 'OU=People, DC=test')).toBe(true)
    }),
  )
})

test('a place in a template without a value stays as it is, and a value is not a template', () => {
  expect(fillTemplate('{a} {b} {constructor}', { a: '{b}', b: 'x' }, value => value)).toBe('{b} x {constructor}')
})

test('distinguished names compare without case, spaces and ways to escape', () => {
  const ways = ['CN=A\\, b,DC=test', 'cn=a\\2c b, dc=TEST', 'cn=A\\2C B,dc=test']
  expect(new Set(ways.map(normalizeDn)).size).toBe(1)
  expect(isBelow('cn=x,dc=nottest', 'dc=test')).toBe(false)
  expect(isBelow('dc=test', 'dc=test')).toBe(false)
  expect(isBelow('cn=x\\,dc=test', 'dc=test')).toBe(false)
})
