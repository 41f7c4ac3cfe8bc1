import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { compare } from 'semver'
import { orderOf } from '../../src/features/advisories/versions/index.ts'
import { ASCENDING } from './version-vectors.ts'

const RUNS = { numRuns: 3000 }

/** Versions as people write them: numbers, words and signs in any sequence. */
const WORDS =
  'a b rc alpha beta m pre post dev git cvs p snapshot final sp ga el9 deb12u1 r0 v go x 0 1 2 10 05 20240101'
const written = fc
  .array(fc.tuple(fc.constantFrom(...WORDS.split(' ')), fc.constantFrom('', '.', '.', '-', '_', '+', '~', '^', ':')), {
    minLength: 1,
    maxLength: 6,
  })
  .map(parts => parts.flat().join(''))
const any = fc.oneof({ weight: 4, arbitrary: written }, { weight: 1, arbitrary: fc.string({ maxLength: 20 }) })

/** ComparableVersion is not transitive where words, lists and numbers meet; releases as they are made are. */
const ofMaven = fc
  .tuple(
    fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '-alpha-1', '-beta-2', '-M3', '-rc1', '-RC2', '-SNAPSHOT', '.Final', '-sp1', '-jre'),
  )
  .map(([numbers, qualifier]) => numbers.join('.') + qualifier)

describe.each(Object.keys(ASCENDING))('the order of versions of %s', ecosystem => {
  const order = orderOf(ecosystem)
  const version = ecosystem === 'Maven' ? ofMaven : any

  test('is the opposite the other way round, whatever the text', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        expect(Math.sign(order(a, b)) + Math.sign(order(b, a))).toBe(0)
        expect(order(a, a)).toBe(0)
      }),
      RUNS,
    )
  })

  test('has no circles', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const [low, middle, high] = [a, b, c].toSorted(order) as [string, string, string]
        expect(
          `${low} ≤ ${middle} ≤ ${high}: ${order(low, middle) <= 0 && order(middle, high) <= 0 && order(low, high) <= 0}`,
        ).toBe(`${low} ≤ ${middle} ≤ ${high}: true`)
        if (order(low, middle) === 0) expect(Math.sign(order(low, high))).toBe(Math.sign(order(middle, high)))
      }),
      RUNS,
    )
  })

  test('takes time in proportion to the length', () => {
    for (const part of ['1.', 'a-', '0', '~', '^', '1a', '-', '_rc', '.0', '!'])
      expect(Number.isFinite(order(part.repeat(20_000), `${part.repeat(20_000)}1`))).toBe(true)
  })
})

test('the order of npm is that of node-semver', () => {
  const identifier = fc.oneof(fc.nat({ max: 30 }).map(String), fc.constantFrom('a', 'rc', 'beta-1', 'X'))
  const semver = fc
    .tuple(fc.nat(30), fc.nat(30), fc.nat(30), fc.array(identifier, { maxLength: 3 }))
    .map(([major, minor, patch, rest]) => `${major}.${minor}.${patch}${rest.length > 0 ? `-${rest.join('.')}` : ''}`)
  fc.assert(
    fc.property(semver, semver, (a, b) => expect(Math.sign(orderOf('npm')(a, b))).toBe(compare(a, b))),
    RUNS,
  )
})
