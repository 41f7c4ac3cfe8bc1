import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { matchesGlob } from '../../oci/index.ts'
import { covers } from './reach.ts'

const pieces = fc.constantFrom('a', 'b', '/', '*', '**', '?', 'a/', '/**')
const glob = fc.array(pieces, { minLength: 1, maxLength: 6 }).map(parts => parts.join(''))
const name = fc.array(fc.constantFrom('a', 'b', '/'), { minLength: 1, maxLength: 6 }).map(parts => parts.join(''))

test('a pattern that covers another matches all that the other does', () => {
  let covered = 0
  fc.assert(
    fc.property(glob, glob, name, (outer, inner, text) => {
      // Two that were made up apart seldom have anything to do with each other.
      for (const [one, other] of [
        [outer, inner],
        [`${outer}/**`, `${outer}/${inner}`],
        ['**', inner],
      ] as const) {
        if (!covers(one, other)) continue
        covered += 1
        if (matchesGlob(other, text))
          expect({ one, other, text, matches: matchesGlob(one, text) }).toMatchObject({ matches: true })
      }
    }),
    { numRuns: 5000 },
  )
  expect(covered).toBeGreaterThan(5000)
})

test('what is not plainly within is not covered', () => {
  expect(covers('shop/web/*', 'shop/web/app')).toBe(false)
  expect(covers('shop/web/**', 'shop/**')).toBe(false)
  expect(covers('shop/web/**', 'shop/webshop')).toBe(false)
  expect(covers('shop/web/**', '**')).toBe(false)
  expect(covers('shop/web/**', 'shop/web/app')).toBe(true)
  expect(covers('shop/**', 'shop/web/**')).toBe(true)
})
