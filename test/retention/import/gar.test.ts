import { expect, test } from 'bun:test'
import { importPolicy } from '../../../src/features/retention/index.ts'
import { image } from './example.ts'
import { GAR_PUBLISHED } from './gar-examples.ts'
import { outcome, type Pictured } from './outcome.ts'

const imported = (document: unknown) => importPolicy('gar', document, { project: 'team' })
const deleted = (document: unknown, images: readonly Pictured[]) => outcome(imported(document).rules, images).images

const everything = { name: 'everything', action: { type: 'Delete' }, condition: { tagState: 'any' } }

test('the same policies as the API writes them give the same rules', () => {
  const asApi = {
    name: 'projects/p/locations/l/repositories/r',
    format: 'DOCKER',
    cleanupPolicies: {
      'delete-prerelease': {
        id: 'delete-prerelease',
        action: 'DELETE',
        condition: { tagState: 'TAGGED', tagPrefixes: ['alpha', 'v0'], olderThan: '2592000s' },
      },
      'keep-tagged-release': { ...GAR_PUBLISHED[1], name: undefined, action: 'KEEP' },
      'keep-minimum-versions': { ...GAR_PUBLISHED[2], name: undefined, action: 'KEEP' },
    },
  }
  expect(imported(JSON.parse(JSON.stringify(asApi))).rules).toEqual(imported(GAR_PUBLISHED).rules)
})

test('a keep policy keeps an image with all of its tags', () => {
  const keep = { name: 'keep', action: { type: 'Keep' }, condition: { tagState: 'tagged', tagPrefixes: ['v', 'w'] } }
  const rules = imported([everything, keep]).rules
  expect(outcome(rules, [image('app', 'A', 1, 'v1', 'build-7'), image('app', 'B', 1, 'build-8')]).tags).toEqual([
    'build-8',
  ])
})

test('packages with slashes in their names, which Google encodes', () => {
  const condition = { tagState: 'any', packageNamePrefixes: ['a%2Fb'] }
  const policy = { name: 'nested', action: { type: 'Delete' }, condition }
  expect(
    deleted([policy], [image('a/b', 'A', 1), image('a/bc/d', 'B', 1), image('a', 'C', 1), image('ab', 'D', 1)]),
  ).toEqual(['A', 'B'])
})

test('ages that are no whole days: less is deleted, more is kept, and it is said', () => {
  const policies = [
    { name: 'old', action: { type: 'Delete' }, condition: { olderThan: '36h' } },
    { name: 'new', action: { type: 'Keep' }, condition: { newerThan: '60h' } },
  ]
  const { rules, notes } = imported(policies)
  expect(rules.map(({ when }) => when.pushed)).toEqual([{ atLeastDays: 2 }, { atMostDays: 3 }])
  expect(notes.map(({ path }) => path)).toEqual(['0.condition.olderThan', '1.condition.newerThan'])
})

test('ages of tagged images that would delete more here: left out when deleting, kept at any age when keeping', () => {
  const policies = [
    { name: 'new ones', action: { type: 'Delete' }, condition: { tagState: 'tagged', newerThan: '30d' } },
    everything,
    {
      name: 'old ones',
      action: { type: 'Keep' },
      condition: { tagState: 'any', tagPrefixes: ['v'], olderThan: '30d' },
    },
  ]
  const { rules, problems } = imported(policies)
  expect(rules.map(({ name, when }) => [name, when])).toEqual([
    ['everything', {}],
    ['old ones', {}],
  ])
  expect(problems.map(({ path }) => path)).toEqual(['0.condition.newerThan', '2.condition.olderThan'])
})

test.each([
  [[{ ...everything, extra: 1 }], '0.extra'],
  [[{ ...everything, condition: {} }], '0.condition'],
  [[{ ...everything, condition: undefined }], '0: has neither'],
  [[{ ...everything, mostRecentVersions: { keepCount: 5 } }], 'do not go together'],
  [[{ name: 'a', action: { type: 'Delete' }, mostRecentVersions: { keepCount: 5 } }], '0.mostRecentVersions'],
  [[{ name: 'a', action: { type: 'Keep' }, mostRecentVersions: { keepCount: 0 } }], '0.mostRecentVersions.keepCount'],
  [[{ ...everything, action: { type: 'Archive' } }], '0.action'],
  [[{ ...everything, condition: { olderThan: '30 days' } }], '0.condition.olderThan'],
  [[{ ...everything, condition: { tagPrefixes: ['v*'] } }], '0.condition.tagPrefixes.0'],
  [[], 'expected array to have'],
  [{ rules: [] }, 'cleanupPolicies'],
])('%j is refused, with the path', (document, said) => {
  expect(() => imported(JSON.parse(JSON.stringify(document)))).toThrow(said)
})
