import { describe, expect, test } from 'bun:test'
import { importPolicy } from '../../../src/features/retention/index.ts'
import { outcome, type Pictured } from './outcome.ts'

// The documents and their outcomes: "Create Tag Retention Rules", Harbor documentation.

interface Written {
  readonly template?: string
  readonly number?: number
  readonly tags?: string
  readonly excludes?: boolean
  readonly untagged?: boolean
  readonly repositories?: string
  readonly excludesRepositories?: boolean
  readonly disabled?: boolean
}

function rule({ template = 'always', number, tags = '**', repositories = '**', ...rest }: Written) {
  return {
    action: 'retain',
    template,
    params: number === undefined ? {} : { [template]: number },
    disabled: rest.disabled ?? false,
    tag_selectors: [
      {
        kind: 'doublestar',
        decoration: rest.excludes ? 'excludes' : 'matches',
        pattern: tags,
        extras: JSON.stringify({ untagged: rest.untagged ?? false }),
      },
    ],
    scope_selectors: {
      repository: [
        {
          kind: 'doublestar',
          decoration: rest.excludesRepositories ? 'repoExcludes' : 'repoMatches',
          pattern: repositories,
        },
      ],
    },
  }
}

const policyOf = (rules: readonly object[], cron = '') => ({
  algorithm: 'or',
  rules,
  trigger: { kind: 'Schedule', settings: { cron } },
  scope: { level: 'project', ref: 3 },
})
const imported = (...rules: readonly object[]) => importPolicy('harbor', policyOf(rules), { project: 'team' })
const retained = (images: readonly Pictured[], ...rules: readonly object[]) => {
  const gone = outcome(imported(...rules).rules, images).images
  return images.filter(({ name }) => !gone.includes(name)).length
}
const kept = (images: readonly Pictured[], ...rules: readonly object[]) => {
  const gone = outcome(imported(...rules).rules, images).images
  return images.map(({ name }) => name).filter(name => !gone.includes(name))
}

describe('the examples of Harbor’s documentation', () => {
  // Its third example says 103 where it means all 102.
  // Repository A has 102 artifacts, two of them untagged, pulled within a week; B to E have seven each, one untagged.
  const repository = (name: string, count: number, untagged: number, pulledDays: number) =>
    Array.from(
      { length: count },
      (_, index): Pictured => ({
        name: `${name}${index}`,
        repository: `team/${name}`,
        tags: index < untagged ? [] : [`v${index}`],
        pushedDays: 100,
        pulledDays: pulledDays + index / 1000,
      }),
    )
  const project = [...repository('a', 102, 2, 3), ...['b', 'c', 'd', 'e'].flatMap(name => repository(name, 7, 1, 40))]
  const newestTen = rule({ template: 'latestPulledN', number: 10 })
  const lastWeek = rule({ template: 'nDaysSinceLastPull', number: 7 })

  test('1: the ten most recently pulled of each repository: 34 stay', () => {
    expect(retained(project, newestTen)).toBe(34)
  })

  test('2: what was pulled in the last seven days: 100 stay', () => {
    expect(retained(project, lastWeek)).toBe(100)
  })

  test('3: with untagged artifacts: all of A stay', () => {
    expect(retained(project, rule({ template: 'nDaysSinceLastPull', number: 7, untagged: true }))).toBe(102)
  })

  test('4: two rules: all that either retains', () => {
    expect(retained(project, lastWeek, newestTen)).toBe(124)
  })

  test('5: rules for the beginning and for the end of tags', () => {
    const names = ['2.1', '2.2', '3.1', '4.4'].flatMap(version =>
      ['prod', 'rc', 'release'].map(kind => `${version}-your_repo-${kind}`),
    )
    const images = names.map((name, index) => ({ name, tags: [name], pushedDays: index + 1 }))
    const ten = { template: 'latestPushedK', number: 10 }
    expect(kept(images, rule({ ...ten, tags: '2*' }), rule({ ...ten, tags: '*-prod' }))).toEqual([
      '2.1-your_repo-prod',
      '2.1-your_repo-rc',
      '2.1-your_repo-release',
      '2.2-your_repo-prod',
      '2.2-your_repo-rc',
      '2.2-your_repo-release',
      '3.1-your_repo-prod',
      '4.4-your_repo-prod',
    ])
  })

  test('an artifact that is retained keeps all of its tags', () => {
    const tags = ['harbor-1.8', 'harbor-release', 'harbor-nightly', 'other']
    const { rules } = imported(rule({ template: 'latestPushedK', number: 2, tags: 'harbor-*' }))
    expect(outcome(rules, [{ name: 'A', tags, pushedDays: 1 }])).toEqual({ images: [], tags: [] })
  })
})

const some: readonly Pictured[] = [
  { name: 'A', repository: 'team/web', tags: ['v1', 'dev-1'], pushedDays: 9 },
  { name: 'B', repository: 'team/web', tags: ['dev-2'], pushedDays: 8 },
  { name: 'C', repository: 'team/web', tags: [], pushedDays: 7 },
  { name: 'D', repository: 'team/api/v2', tags: ['v2'], pushedDays: 6, pulledDays: 1 },
]

test('an excluding selector takes an image that has another tag, with all of its tags', () => {
  expect(kept(some, rule({ tags: '{dev-*,test-*}', excludes: true, untagged: true }))).toEqual(['A', 'D'])
  const { rules } = imported(rule({ tags: 'dev-*', excludes: true, untagged: true }))
  expect(outcome(rules, some).tags).toEqual(['dev-2'])
})

test('only repositories that a rule is for lose anything', () => {
  expect(kept(some, rule({ tags: 'none', repositories: 'web' }))).toEqual(['D'])
  expect(kept(some, rule({ tags: 'none', repositories: 'api/**' }))).toEqual(['A', 'B', 'C'])
  expect(kept(some, rule({ tags: 'none', repositories: 'web', excludesRepositories: true }))).toEqual(['A', 'B', 'C'])
  expect(kept(some, rule({ tags: 'none', repositories: '{web,api}/**' }))).toEqual(['A', 'B', 'C'])
  expect(kept(some, rule({ tags: 'none', repositories: '**/v2' }))).toEqual(['A', 'B', 'C'])
  expect(kept(some, rule({ tags: 'none', repositories: 'w**' }))).toEqual(['D'])
})

test('alternatives and classes in patterns of tags', () => {
  expect(kept(some, rule({ tags: '{v1,v{2,3}}' }))).toEqual(['A', 'D'])
  expect(kept(some, rule({ tags: 'v[2-9]' }))).toEqual(['D'])
  expect(kept(some, rule({ tags: 'v[^2]' }))).toEqual(['A'])
  expect(kept(some, rule({ tags: 'dev-?' }))).toEqual(['A', 'B'])
})

test('a number of 0 retains nothing', () => {
  expect(kept(some, rule({ template: 'latestPushedK', number: 0 }))).toEqual([])
})

test('what was active lately was pushed or pulled lately', () => {
  expect(kept(some, rule({ template: 'lastXDays', number: 2 }))).toEqual(['D'])
  const images = [
    { name: 'A', tags: ['a'], pushedDays: 9, pulledDays: 5 },
    { name: 'B', tags: ['b'], pushedDays: 8, pulledDays: 7 },
    { name: 'C', tags: ['c'], pushedDays: 4 },
  ]
  expect(kept(images, rule({ template: 'latestActiveK', number: 2 }))).toEqual(['A', 'C'])
})

describe('what cannot be said is kept, and named', () => {
  test.each([
    ['an unknown template', { ...rule({}), template: 'newestSignedK' }, 'rules.0.template'],
    ['a class of repositories', rule({ tags: 'none', repositories: 'w[a-e]b' }), 'rules.0.scope_selectors.repository'],
    ['two excluding selectors', excludingTwice(), 'rules.0.tag_selectors'],
    ['braces without an end', rule({ tags: '{a,b' }), 'rules.0.tag_selectors'],
  ])('%s', (_, written, path) => {
    const { problems } = imported(written)
    expect(problems.map(problem => problem.path)).toEqual([path])
    const gone = outcome(imported(written).rules, some).tags
    expect(gone).toEqual([])
  })

  function excludingTwice() {
    const [selector] = rule({ tags: 'v1', excludes: true }).tag_selectors
    return { ...rule({}), tag_selectors: [selector, { ...selector, pattern: 'dev-*' }] }
  }

  test('a rule that is switched off', () => {
    expect(imported(rule({ tags: 'none', disabled: true }))).toMatchObject({
      rules: [],
      problems: [{ path: 'rules.0.disabled' }],
    })
  })
})

test('the schedule, of which Harbor’s expressions begin with seconds', () => {
  const scheduled = (cron: string) => importPolicy('harbor', policyOf([], cron), { project: 'team' })
  expect(scheduled('0 30 2 * * 1').schedule).toBe('30 2 * * 1')
  expect(scheduled('0 0 0 ? * SUN').schedule).toBe('0 0 * * SUN')
  expect(scheduled('').schedule).toBeUndefined()
  expect(scheduled('10 0 0 * * *').problems.map(({ path }) => path)).toEqual(['trigger.settings.cron'])
  expect(scheduled('@daily').schedule).toBeUndefined()
  expect(scheduled('@daily').problems.map(({ path }) => path)).toEqual(['trigger.settings.cron'])
})

test.each([
  [{ ...policyOf([]), algorithm: 'and' }, 'algorithm'],
  [policyOf([{ ...rule({}), action: 'immutable' }]), 'rules.0.action'],
  [policyOf([{ ...rule({}), tag_selectors: [] }]), 'rules.0.tag_selectors'],
  [policyOf([{ ...rule({}), params: {}, template: 'latestPushedK' }]), 'rules.0.params.latestPushedK'],
  [policyOf([{ ...rule({}), scope_selectors: { label: [] } }]), 'rules.0.scope_selectors'],
  [policyOf([{ ...rule({}), extra: 1 }]), 'rules.0.extra'],
  [{ ...policyOf([]), scope: { level: 'system' } }, 'scope.level'],
])('%j is refused, with the path', (document, said) => {
  expect(() => importPolicy('harbor', document, { project: 'team' })).toThrow(said)
})

test('a document that names its repositories is for a whole project', () => {
  const place = { project: 'team', repositories: ['team/web'] }
  expect(() => importPolicy('harbor', policyOf([]), place)).toThrow('repositories')
})
