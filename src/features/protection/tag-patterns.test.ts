import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { matchesGlob } from '../../oci/index.ts'
import { parseTagPattern, type TagPattern, tagMatcher, tagPatternFault, tagPatternText, versionOfTag } from './index.ts'

const matching = (pattern: TagPattern, tags: readonly string[]) => tags.filter(tagMatcher([pattern]))

test('globs, expressions and ranges stand for the whole tag', () => {
  const tags = ['v1.2.3', 'v1', '1.2.3', 'v1.2.3-rc.1', 'xv1', 'latest', 'v2.0.0', '1.2', '1.2.4_7']
  expect(matching({ glob: 'v*' }, tags)).toEqual(['v1.2.3', 'v1', 'v1.2.3-rc.1', 'v2.0.0'])
  expect(matching({ regex: 'v\\d+|latest' }, tags)).toEqual(['v1', 'latest'])
  expect(matching({ regex: '^v1$' }, tags)).toEqual(['v1'])
  expect(matching({ semver: '>=1.2 <2' }, tags)).toEqual(['v1.2.3', '1.2.3', '1.2.4_7'])
  expect(matching({ semver: '>=1.2 <2', prereleases: true }, tags)).toEqual([
    'v1.2.3',
    '1.2.3',
    'v1.2.3-rc.1',
    '1.2.4_7',
  ])
})

test('no name is special, and one of several patterns is enough', () => {
  expect(matching({ glob: '*' }, ['latest', 'v1'])).toEqual(['latest', 'v1'])
  expect(['latest', 'v1', 'dev-1'].filter(tagMatcher([{ glob: 'dev-*' }, { glob: 'latest' }]))).toEqual([
    'latest',
    'dev-1',
  ])
  expect(['latest'].filter(tagMatcher([]))).toEqual([])
})

test('what is no pattern is told', () => {
  for (const good of [{ glob: 'v*' }, { regex: 'v\\d+' }, { semver: '^1.2' }, { semver: '*' }])
    expect(tagPatternFault(good)).toBeUndefined()
  expect(tagPatternFault({ glob: '' })).toContain('is empty')
  expect(tagPatternFault({ semver: ' ' })).toContain('is empty')
  expect(tagPatternFault({ regex: '(' })).toContain('no regular expression as RE2 has them')
  expect(tagPatternFault({ regex: 'a(?=b)' })).toContain('no regular expression as RE2 has them')
  expect(tagPatternFault({ regex: '((a{100}){100}){100}' })).toContain('invalid repeat count')
  expect(tagPatternFault({ semver: 'newest' })).toContain('no range of semantic versions')
  expect(tagPatternFault({ glob: 'v'.repeat(501) })).toContain('501 characters')
})

test('an expression that makes others try for years takes no time', () => {
  expect(matching({ regex: '(a*)*b' }, ['a'.repeat(128)])).toEqual([])
})

test('a pattern in one word is the same pattern again', () => {
  for (const pattern of [
    { glob: 'v*' },
    { regex: 'v\\d+' },
    { semver: '>=1.2 <2' },
    { semver: '>=1', prereleases: true },
  ] satisfies TagPattern[])
    expect(parseTagPattern(tagPatternText(pattern))).toEqual(pattern)
})

test('versions are what semantic versioning says', () => {
  expect(versionOfTag('v1.2.3')?.version).toBe('1.2.3')
  expect(versionOfTag('1.2.3_4')?.build).toEqual(['4'])
  for (const tag of ['latest', '1.2', '2024.06.01', 'version1.2.3', 'v', '1.2.3.4'])
    expect(versionOfTag(tag)).toBeUndefined()
})

test('globs of tags are those of everything else', () => {
  const text = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 9 })
  fc.assert(
    fc.property(text('ab*?'), text('ab.'), (glob, tag) => {
      expect(tagMatcher([{ glob }])(tag)).toBe(matchesGlob(glob, tag))
    }),
    { numRuns: 5000 },
  )
})
