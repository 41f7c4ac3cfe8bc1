import { describe, expect, test } from 'bun:test'
import { importPolicy } from '../../../src/features/retention/index.ts'
import { outcome, type Pictured } from './outcome.ts'

// The documents and their outcomes: "Examples of lifecycle policies in Amazon ECR", Amazon ECR user guide.

const place = { project: 'team', repositories: ['team/app'] }

interface Written {
  readonly tagPrefixList?: readonly string[]
  readonly tagPatternList?: readonly string[]
  readonly tagStatus?: string
  readonly countType?: string
  readonly countUnit?: string
  readonly countNumber?: number
  readonly storageClass?: string
}

const expire = { type: 'expire' }
const archive = { type: 'transition', targetStorageClass: 'archive' }

function rule(rulePriority: number, selection: Written, action: object = expire) {
  const { countType = 'imageCountMoreThan', tagStatus = 'tagged', countNumber = 1 } = selection
  const unit = countType === 'imageCountMoreThan' ? {} : { countUnit: 'days' }
  return {
    rulePriority,
    description: `Rule ${rulePriority}`,
    selection: { ...unit, ...selection, tagStatus, countType, countNumber },
    action,
  }
}

const imported = (...rules: readonly object[]) => importPolicy('ecr', { rules }, place)
const expired = (images: readonly Pictured[], ...rules: readonly object[]) =>
  outcome(imported(...rules).rules, images).images

const image = (name: string, pushedDays: number, ...tags: readonly string[]): Pictured => ({ name, pushedDays, tags })

describe('the examples of ECR’s documentation', () => {
  test('filtering on image age: images with a tag prod* that are older than 14 days', () => {
    const images = [image('A', 20, 'prod-1'), image('B', 10, 'prod-2'), image('C', 20, 'dev-1'), image('D', 20)]
    const selection = { tagPatternList: ['prod*'], countType: 'sinceImagePushed', countNumber: 14 }
    expect(expired(images, rule(1, selection))).toEqual(['A'])
  })

  test('filtering on image count: one untagged image stays', () => {
    const images = [image('A', 3), image('B', 2), image('C', 1), image('D', 4, 'v1')]
    expect(expired(images, rule(1, { tagStatus: 'untagged' }))).toEqual(['A', 'B'])
  })

  const both = [image('A', 10, 'beta-1', 'prod-1'), image('B', 9, 'beta-2', 'prod-2'), image('C', 8, 'beta-3')]

  test('several rules, A: what the first rule leaves, the second one may not take', () => {
    expect(expired(both, rule(1, { tagPatternList: ['prod*'] }), rule(2, { tagPatternList: ['beta*'] }))).toEqual(['A'])
  })

  test('several rules, B: the other order gives another outcome', () => {
    const rules = [rule(1, { tagPatternList: ['beta*'] }), rule(2, { tagPatternList: ['prod*'] })]
    expect(expired(both, ...rules)).toEqual(['A', 'B'])
    expect(expired(both, ...rules.toReversed())).toEqual(['A', 'B'])
  })

  const greek = [
    image('A', 12, 'alpha-1'),
    image('B', 11, 'beta-1'),
    image('C', 10, 'alpha-2', 'beta-2'),
    image('D', 4, 'alpha-3'),
    image('E', 3, 'beta-3'),
    image('F', 2, 'alpha-4', 'beta-4'),
  ]

  test('several tags in a rule, A: an image must match all of them', () => {
    const age = { countType: 'sinceImagePushed', countNumber: 5 }
    expect(expired(greek, rule(1, { tagPatternList: ['alpha*', 'beta*'], ...age }))).toEqual(['C'])
    expect(expired(greek, rule(1, { tagPrefixList: ['alpha', 'beta'], ...age }))).toEqual(['C'])
  })

  test('several tags in a rule, B: an image may have other tags too', () => {
    const images = [
      image('A', 10, 'alpha-1', 'beta-1', 'gamma-1'),
      image('B', 9, 'alpha-2', 'beta-2'),
      image('C', 8, 'alpha-3', 'beta-3', 'gamma-2'),
    ]
    expect(expired(images, rule(1, { tagPatternList: ['alpha*', 'beta*'] }))).toEqual(['A', 'B'])
  })

  test('all images, A: only the newest one stays', () => {
    const images = [image('A', 4, 'alpha-1'), image('B', 3, 'beta-1'), image('C', 2), image('D', 1, 'alpha-2')]
    expect(expired(images, rule(1, { tagStatus: 'any' }))).toEqual(['A', 'B', 'C'])
  })

  test('all images, B: all kinds of rules in one policy', () => {
    const images = [
      image('A', 4, 'alpha-1', 'beta-1'),
      image('B', 3),
      image('C', 2, 'alpha-2'),
      image('D', 1, 'git-hash'),
      image('E', 0.9),
    ]
    const rules = [
      rule(1, { tagPatternList: ['alpha*'] }),
      rule(2, { tagStatus: 'untagged', countType: 'sinceImagePushed', countNumber: 1 }),
      rule(3, { tagStatus: 'any' }),
    ]
    expect(expired(images, ...rules)).toEqual(['A', 'B', 'D'])
  })
})

describe('archiving', () => {
  const old = (name: string, days: number, ...tags: readonly string[]) => ({
    ...image(name, days, ...tags),
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
  ['an unknown field', [rule(1, { tagPatternList: ['v*'], extra: 1 } as Written)], 'rules.0.selection.extra'],
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
