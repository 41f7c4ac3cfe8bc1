import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { matchesGlob } from './glob.ts'

const matching = (pattern: string, texts: readonly string[]) => texts.filter(text => matchesGlob(pattern, text))
const NAMES = ['shop', 'shop/web', 'shop/web/api', 'shopping/web', 'my/shop/web', '']

test('a pattern stands for the whole name and not for a part of it', () => {
  expect(matching('shop/web', NAMES)).toEqual(['shop/web'])
  expect(matching('shop', NAMES)).toEqual(['shop'])
  expect(matching('', NAMES)).toEqual([''])
})

test('a star stays within one component, two stars do not', () => {
  expect(matching('shop/*', NAMES)).toEqual(['shop/web'])
  expect(matching('shop/**', NAMES)).toEqual(['shop/web', 'shop/web/api'])
  expect(matching('*', NAMES)).toEqual(['shop', ''])
  expect(matching('**', NAMES)).toEqual(NAMES)
  expect(matching('**/web', NAMES)).toEqual(['shop/web', 'shopping/web', 'my/shop/web'])
  expect(matching('shop*/web', NAMES)).toEqual(['shop/web', 'shopping/web'])
  expect(matching('shop/***', NAMES)).toEqual(['shop/web', 'shop/web/api'])
})

test('a question mark stands for one character that is no slash', () => {
  expect(matching('v?', ['v', 'v1', 'v12', 'v/'])).toEqual(['v1'])
})

test('what is special in regular expressions is not special here', () => {
  expect(matching('v1.0', ['v1.0', 'v1x0'])).toEqual(['v1.0'])
  for (const text of ['a+b', 'a|b', '(a)', '[ab]', '{1}', 'a$', '^a', 'a\\b', '\\d', 'a\nb', '$&']) {
    expect([text, matchesGlob(text, text)]).toEqual([text, true])
    expect([text, matchesGlob(`${text}*`, `${text}x`)]).toEqual([text, true])
  }
  expect(matching('a|b', ['a', 'b'])).toEqual([])
  expect(matching('[ab]', ['a', 'b'])).toEqual([])
  expect(matchesGlob('v1', 'v1\n')).toBe(false)
})

test('a pattern stands for what the regular expression in its place does', () => {
  const parts = fc.array(fc.constantFrom('a', 'b', '/', '*', '**', '?', '.'), { maxLength: 8 })
  const text = fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 8 }).map(characters => characters.join(''))
  fc.assert(
    fc.property(parts, text, (pieces, name) => {
      const pattern = pieces.join('')
      const source = pattern
        .replace(/\./g, '\\.')
        .replace(/\*{2,}/g, '\0')
        .replace(/\*/g, '[^/]*')
        .replace(/\?/g, '[^/]')
        .replace(/\0/g, '.*')
      expect([pattern, name, matchesGlob(pattern, name)]).toEqual([pattern, name, new RegExp(`^${source}$`).test(name)])
    }),
    { numRuns: 3000 },
  )
})

test('a pattern of many stars does not keep the registry busy', () => {
  // A backtracking matcher would not be done with this before the test run is.
  for (const star of ['**', '*']) expect(matchesGlob(`${`a${star}`.repeat(100)}c`, 'a'.repeat(255))).toBe(false)
})
