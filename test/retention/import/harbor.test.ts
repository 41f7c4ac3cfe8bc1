import { describe, expect, test } from 'bun:test'
import { importPolicy } from '../../../src/features/retention/index.ts'
import { harborPolicy as policyOf, harborRule as rule } from './harbor-examples.ts'
import { outcome, type Pictured } from './outcome.ts'

const imported = (...rules: readonly object[]) => importPolicy('harbor', policyOf(rules), { project: 'team' })
const kept = (images: readonly Pictured[], ...rules: readonly object[]) => {
  const gone = outcome(imported(...rules).rules, images).images
  return images.map(({ name }) => name).filter(name => !gone.includes(name))
}

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
