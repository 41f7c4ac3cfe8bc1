import { expect, test } from 'bun:test'
import { array, assert, constantFrom, property, string } from 'fast-check'
import { globProblem, matchesGlob } from './glob.ts'

const table: readonly (readonly [pattern: string, value: string, matches: boolean])[] = [
  ['main', 'main', true],
  ['main', 'main2', false],
  ['main', 'xmain', false],
  ['refs/heads/*', 'refs/heads/main', true],
  ['refs/heads/*', 'refs/heads/feature/x', false],
  ['refs/heads/**', 'refs/heads/feature/x', true],
  ['refs/**/x', 'refs/x', false],
  ['*', '', true],
  ['*', 'a/b', false],
  ['**', 'a/b', true],
  ['**', '', true],
  ['v*.*', 'v1.2', true],
  ['v1.*', 'v1x2', false],
  ['a?c', 'abc', false],
  ['[ab]', 'a', false],
  ['(a|b)', 'a', false],
  ['main', 'main\n', false],
  ['main', 'evil\nmain', false],
  ['MAIN', 'main', false],
]

test.each([...table])('%j and %j: %j', (pattern, value, matches) => {
  expect(matchesGlob(pattern, value)).toBe(matches)
})

/** The plain definition, which takes for ever on some patterns. */
function slowly(pattern: string, value: string): boolean {
  if (pattern === '') return value === ''
  const star = pattern.startsWith('**') ? '**' : pattern.startsWith('*') ? '*' : undefined
  if (!star) return value !== '' && value[0] === pattern[0] && slowly(pattern.slice(1), value.slice(1))
  if (slowly(pattern.slice(star.length), value)) return true
  return value !== '' && (star === '**' || value[0] !== '/') && slowly(pattern, value.slice(1))
}

test('it agrees with the plain definition', () => {
  const letters = (...of: string[]) => array(constantFrom(...of), { maxLength: 7 }).map(list => list.join(''))
  assert(
    property(letters('a', 'b', '/', '*'), letters('a', 'b', '/'), (pattern, value) => {
      expect(matchesGlob(pattern, value)).toBe(slowly(pattern, value))
    }),
    { numRuns: 3000 },
  )
})

test('a text without stars matches itself and nothing else', () => {
  const text = string({ unit: 'binary', maxLength: 100 }).filter(value => !value.includes('*'))
  assert(
    property(text, text, (pattern, value) => {
      expect(matchesGlob(pattern, value)).toBe(pattern === value)
    }),
  )
})

test('a pattern made to take for ever takes no longer than another', () => {
  expect(matchesGlob(`${'*a'.repeat(250)}b`, 'a'.repeat(4096))).toBe(false)
})

test('what could be misread is no pattern', () => {
  expect(['', 'a***b', 'a\nb', 'x'.repeat(513)].map(globProblem).filter(problem => problem === undefined)).toEqual([])
  expect(['a', '**/x', '*'].map(globProblem)).toEqual([undefined, undefined, undefined])
})
