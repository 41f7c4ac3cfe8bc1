import { expect, test } from 'bun:test'
import { assert, property, string } from 'fast-check'
import { claimAt } from './claims.ts'

const kubernetes = { 'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'builder', uid: 'u-1' } }, sub: 's' }

test('a path leads down into objects, over names that hold its separators', () => {
  expect(claimAt(kubernetes, 'sub')).toBe('s')
  expect(claimAt(kubernetes, 'kubernetes.io/namespace')).toBe('ci')
  expect(claimAt(kubernetes, 'kubernetes.io/serviceaccount/uid')).toBe('u-1')
  expect(claimAt({ realm_access: { roles: ['a'] } }, 'realm_access.roles')).toEqual(['a'])
})

test('a path that can be read in two ways that differ leads nowhere', () => {
  expect(claimAt({ a: { b: 'x' }, 'a/b': 'y' }, 'a/b')).toBeUndefined()
  expect(claimAt({ a: { b: 'x' }, 'a/b': 'x' }, 'a/b')).toBe('x')
})

test('what every object has is no claim', () => {
  for (const path of ['constructor', '__proto__', 'toString', 'a/constructor', 'a/length', 'list/0', 'text/0']) {
    expect(claimAt({ a: {}, list: ['x'], text: 'x' }, path)).toBeUndefined()
  }
})

test('no path throws, however long', () => {
  assert(
    property(string(), path => {
      claimAt(kubernetes, path)
    }),
  )
  let deep: Record<string, unknown> = { end: 'x' }
  for (let level = 0; level < 50; level += 1) deep = { a: deep }
  expect(claimAt(deep, `${'a/'.repeat(50)}end`)).toBeUndefined()
})
