import { expect, test } from 'bun:test'
import { importPolicy } from '../../../src/features/retention/index.ts'
import { outcome, type Pictured } from './outcome.ts'

const imported = (document: unknown) => importPolicy('gar', document, { project: 'team' })
const deleted = (document: unknown, images: readonly Pictured[]) => outcome(imported(document).rules, images).images

const image = (name: string, repository: string, pushedDays: number, ...tags: readonly string[]): Pictured => ({
  name,
  repository: `team/${repository}`,
  pushedDays,
  tags,
})

const everything = { name: 'everything', action: { type: 'Delete' }, condition: { tagState: 'any' } }

// "Configure cleanup policies", Artifact Registry documentation; the same policies are the example of
// google_artifact_registry_repository in the documentation of Terraform's provider.
const published = [
  {
    name: 'delete-prerelease',
    action: { type: 'Delete' },
    condition: { tagState: 'tagged', tagPrefixes: ['alpha', 'v0'], olderThan: '30d' },
  },
  {
    name: 'keep-tagged-release',
    action: { type: 'Keep' },
    condition: { tagState: 'tagged', tagPrefixes: ['release'], packageNamePrefixes: ['webapp', 'mobile'] },
  },
  {
    name: 'keep-minimum-versions',
    action: { type: 'Keep' },
    mostRecentVersions: { packageNamePrefixes: ['webapp', 'mobile', 'sandbox'], keepCount: 5 },
  },
]

test('the example file of the documentation: old prereleases go, except releases and the newest five', () => {
  const old = Array.from({ length: 7 }, (_, index) => image(`W${index}`, 'webapp', 40 + index, `alpha-${index}`))
  const images = [
    ...old,
    image('A', 'other', 31, 'alpha-1'),
    image('B', 'other', 31, 'v0.1'),
    image('C', 'other', 29, 'v0.2'),
    image('D', 'other', 31, 'v1.0'),
    image('E', 'other', 31),
    image('F', 'mobile', 900, 'v0.9', 'release-9'),
    image('G', 'other', 900, 'v0.9', 'release-9'),
    image('H', 'sandbox/deep', 900, 'alpha'),
  ]
  expect(deleted(published, images)).toEqual(['W5', 'W6', 'A', 'B', 'G'])
})

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
      'keep-tagged-release': { ...published[1], name: undefined, action: 'KEEP' },
      'keep-minimum-versions': { ...published[2], name: undefined, action: 'KEEP' },
    },
  }
  expect(imported(JSON.parse(JSON.stringify(asApi))).rules).toEqual(imported(published).rules)
})

// "Cleanup policy overview", Artifact Registry documentation. A version of an image is its digest.
test('the overview’s example: what a keep policy matches stays, whatever deletes it and in whatever order', () => {
  const policies = [
    { name: 'older', action: { type: 'Delete' }, condition: { olderThan: '100d' } },
    { name: 'version', action: { type: 'Keep' }, condition: { versionNamePrefixes: ['sha256:206'] } },
    { name: 'default', action: { type: 'Delete' }, condition: { tagState: 'tagged', tagPrefixes: ['default'] } },
  ]
  const images = [
    { ...image('A', 'app', 120, 'default'), digest: 'sha256:201a' },
    { ...image('B', 'app', 150, 'default'), digest: 'sha256:206b' },
    { ...image('C', 'app', 20, 'patch'), digest: 'sha256:192c' },
  ]
  for (const order of [policies, policies.toReversed()]) expect(deleted(order, images)).toEqual(['A'])
  expect(imported(policies).problems).toEqual([])
})

// The documentation of Terraform's provider: untagged images go, except those of the last seven days.
test('untagged images go, new ones stay', () => {
  const policies = [
    { name: 'delete-untagged', action: { type: 'Delete' }, condition: { tagState: 'UNTAGGED' } },
    { name: 'keep-new-untagged', action: { type: 'Keep' }, condition: { tagState: 'UNTAGGED', newerThan: '7d' } },
  ]
  expect(deleted(policies, [image('A', 'app', 8), image('B', 'app', 6), image('C', 'app', 8, 'v1')])).toEqual(['A'])
})

test('a keep policy keeps an image with all of its tags', () => {
  const keep = { name: 'keep', action: { type: 'Keep' }, condition: { tagState: 'tagged', tagPrefixes: ['v', 'w'] } }
  const rules = imported([everything, keep]).rules
  expect(outcome(rules, [image('A', 'app', 1, 'v1', 'build-7'), image('B', 'app', 1, 'build-8')]).tags).toEqual([
    'build-8',
  ])
})

test('packages with slashes in their names, which Google encodes', () => {
  const condition = { tagState: 'any', packageNamePrefixes: ['a%2Fb'] }
  const policy = { name: 'nested', action: { type: 'Delete' }, condition }
  expect(
    deleted([policy], [image('A', 'a/b', 1), image('B', 'a/bc/d', 1), image('C', 'a', 1), image('D', 'ab', 1)]),
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
