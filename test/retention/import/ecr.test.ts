import { describe, expect, test } from 'bun:test'
import { importPolicy } from '../../../src/features/retention/index.ts'
import { ecrRule as rule } from './ecr-examples.ts'
import { image } from './example.ts'
import { outcome, type Pictured } from './outcome.ts'

const place = { project: 'team', repositories: ['team/app'] }
const archive = { type: 'transition', targetStorageClass: 'archive' }

const imported = (...rules: readonly object[]) => importPolicy('ecr', { rules }, place)
const expired = (images: readonly Pictured[], ...rules: readonly object[]) =>
  outcome(imported(...rules).rules, images).images

describe('archiving', () => {
  const old = (name: string, days: number, ...tags: readonly string[]) => ({
    ...image('app', name, days, ...tags),
    pulledDays: days,
  })

  test('with no rule that deletes what was archived: nothing goes, and later rules do not take it', () => {
    const rules = [
      rule(1, { tagPatternList: ['release-*'], countType: 'sinceImagePushed', countNumber: 90 }, archive),
      rule(2, { tagStatus: 'any', countType: 'sinceImagePushed', countNumber: 180 }),
    ]
    expect(expired([old('A', 900, 'release-1'), old('B', 900, 'v1'), old('C', 100, 'v2')], ...rules)).toEqual(['B'])
    expect(imported(...rules).problems.map(({ path }) => path)).toEqual(['rules.0.action'])
  })

  test('with one: deleted after the days of both, never sooner', () => {
    const rules = [
      rule(1, { tagStatus: 'any', countType: 'sinceImagePulled', countNumber: 90 }, archive),
      rule(2, { tagStatus: 'any', countType: 'sinceImageTransitioned', storageClass: 'archive', countNumber: 365 }),
    ]
    expect(expired([old('A', 456, 'v1'), old('B', 454, 'v2'), old('C', 91)], ...rules)).toEqual(['A'])
    const { problems, notes } = imported(...rules)
    expect(problems).toEqual([])
    expect(notes.map(({ path }) => path)).toEqual(['rules.0.action'])
  })

  test('by count, or for other images than were archived: named, and nothing is deleted for it', () => {
    const gone = { tagStatus: 'any', countType: 'sinceImageTransitioned', storageClass: 'archive', countNumber: 365 }
    for (const first of [
      { tagStatus: 'any', countNumber: 5 },
      { tagPatternList: ['v*'], countType: 'sinceImagePushed', countNumber: 9 },
    ]) {
      const rules = [rule(1, first, archive), rule(2, gone)]
      expect(expired([old('A', 9000, 'v1'), old('B', 9000)], ...rules)).toEqual([])
      expect(imported(...rules).problems.map(({ path }) => path)).toEqual(['rules.1', 'rules.0.action'])
    }
  })
})

test('the policy as get-lifecycle-policy answers it is taken too', () => {
  const rules = [rule(1, { tagPatternList: ['v*'] })]
  const answer = { repositoryName: 'app', lifecyclePolicyText: JSON.stringify({ rules }) }
  expect(importPolicy('ecr', answer, place)).toEqual(importPolicy('ecr', { rules }, place))
})

test('a policy of one repository says so when it is to hold in all of a project', () => {
  const { rules, notes } = importPolicy('ecr', { rules: [rule(1, { tagPatternList: ['v*'] })] }, { project: 'team' })
  expect(rules[0]?.select.repositories).toBeUndefined()
  expect(notes[0]?.message).toContain('one repository')
})

test.each([
  ['an unknown field', [rule(1, { tagPatternList: ['v*'], extra: 1 } as object)], 'rules.0.selection.extra'],
  ['a pattern with five stars', [rule(1, { tagPatternList: ['*a*b*c*d*'] })], 'rules.0.selection.tagPatternList.0'],
  ['tagged without patterns', [rule(1, {})], 'rules.0.selection: tagged needs'],
  ['two lists', [rule(1, { tagPatternList: ['v*'], tagPrefixList: ['v'] })], 'rules.0.selection: tagged needs'],
  ['untagged with patterns', [rule(1, { tagStatus: 'untagged', tagPatternList: ['v*'] })], 'do not go with untagged'],
  ['a count of nothing', [rule(1, { tagStatus: 'any', countNumber: 0 })], 'rules.0.selection.countNumber'],
  ['a unit for a count', [rule(1, { tagStatus: 'any', countUnit: 'days' })], 'rules.0.selection.countUnit'],
  ['any before another', [rule(1, { tagStatus: 'any' }), rule(2, { tagStatus: 'untagged' })], 'comes last'],
  [
    'a priority twice',
    [rule(1, { tagStatus: 'untagged' }), rule(1, { tagPatternList: ['v*'] })],
    'rules.1.rulePriority',
  ],
  ['another action', [rule(1, { tagStatus: 'any' }, { type: 'delete' })], 'rules.0.action'],
  ['no rules', [], 'rules'],
])('%s is refused, with the path', (_, rules, said) => {
  expect(() => imported(...rules)).toThrow(said)
})
