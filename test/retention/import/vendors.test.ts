import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { retentionPolicy } from '../../../src/entry/api/retention-schemas.ts'
import { policyFaults } from '../../../src/features/retention/check-policy.ts'
import { importPolicy, type PolicyFormat } from '../../../src/features/retention/index.ts'
import { outcome, type Pictured } from './outcome.ts'
import {
  type EcrWritten,
  ecrExpires,
  type GarWritten,
  garDeletes,
  gitlabRemoves,
  type HarborWritten,
  harborDeletes,
} from './vendor-models.ts'

/** Days that are no whole numbers, so that nothing is just as old as a rule says. */
const repository = fc.constantFrom('team/web', 'team/api', 'team/api/v2')
const tag = fc.constantFrom('v1', 'v2', 'v10', 'dev-1', 'dev-2', 'rc1', 'rc-dev', 'latest', 'main')
const drawn = fc.record({
  repository,
  tags: fc.uniqueArray(tag, { maxLength: 3 }),
  days: fc.integer({ min: 0, max: 20 }),
  pulled: fc.option(fc.integer({ min: 0, max: 20 })),
  digest: fc.constantFrom('sha256:a1', 'sha256:a2', 'sha256:b1'),
})

/** Images of which no two are pushed at once, each pulled only after its push; a tag is in a repository once. */
const images = fc.array(drawn, { minLength: 1, maxLength: 8 }).map(all => {
  const taken = new Set<string>()
  return all.map(({ days, pulled, tags, ...rest }, index): Pictured => {
    const pushedDays = days + 0.1 + index / 100
    const own = tags.filter(name => !taken.has(`${rest.repository}:${name}`))
    for (const name of own) taken.add(`${rest.repository}:${name}`)
    const pulledDays = pulled === null ? {} : { pulledDays: Math.min(pulled + 0.05 + index / 100, pushedDays) }
    return { ...rest, name: `image ${index}`, tags: own, pushedDays, ...pulledDays }
  })
})

const days = fc.integer({ min: 1, max: 20 })
const count = fc.integer({ min: 1, max: 4 })

function gone(from: PolicyFormat, document: unknown, pictured: readonly Pictured[]) {
  const place = from === 'ecr' ? { project: 'team', repositories: ['**'] } : { project: 'team' }
  const { rules } = importPolicy(from, document, place)
  // What is imported is a policy that can be set.
  const policy = retentionPolicy.parse({ rules })
  expect(policyFaults('team', policy, 0)).toEqual([])
  return outcome(rules, pictured)
}

const RUNS = { numRuns: 2000 }

test('ECR: precisely the images that the first rule for their tags expires', () => {
  const pattern = fc.constantFrom('v*', 'v1*', 'dev-*', '*dev*', 'rc*', 'main')
  const selection = fc.oneof(
    fc.record({
      tagStatus: fc.constant('tagged' as const),
      tagPatternList: fc.array(pattern, { minLength: 1, maxLength: 2 }),
    }),
    fc.record({ tagStatus: fc.constant('untagged' as const) }),
  )
  const counted = fc.oneof(
    fc.record({ countType: fc.constant('imageCountMoreThan' as const), countNumber: count }),
    fc.record({
      countType: fc.constant('sinceImagePushed' as const),
      countUnit: fc.constant('days' as const),
      countNumber: days,
    }),
  )
  const action = fc.constantFrom(
    { type: 'expire' as const },
    { type: 'expire' as const },
    { type: 'transition' as const, targetStorageClass: 'archive' as const },
  )
  const rule = fc.tuple(selection, counted, action)
  const last = fc.option(fc.tuple(fc.constant({ tagStatus: 'any' as const }), counted, action))
  const rules = fc.tuple(fc.array(rule, { minLength: 1, maxLength: 3 }), last).map(([first, any]) =>
    [...first, ...(any ? [any] : [])].map(
      ([selection, counted, action], index): EcrWritten => ({
        rulePriority: index * 5 + 1,
        selection: { ...selection, ...counted },
        action,
      }),
    ),
  )
  fc.assert(
    fc.property(rules, images, (rules, images) => {
      const one = images.filter(image => image.repository === images[0]?.repository)
      expect(gone('ecr', { rules: rules.toReversed() }, one).images).toEqual([...ecrExpires(rules, one)])
    }),
    RUNS,
  )
})

test('Harbor: precisely what no rule retains; never more when pulls or untagged images are told apart otherwise', () => {
  const pattern = fc.constantFrom('**', 'v*', '{v*,rc*}', 'v[12]', 'dev-?', '{rc{1,-dev},main}', '*')
  const tagSelector = fc.record({
    kind: fc.constant('doublestar' as const),
    decoration: fc.constantFrom('matches', 'matches', 'excludes'),
    pattern,
    untagged: fc.option(fc.boolean()),
  })
  const scope = fc.record({
    kind: fc.constant('doublestar' as const),
    decoration: fc.constantFrom('repoMatches', 'repoMatches', 'repoExcludes'),
    pattern: fc.constantFrom('**', 'web', '{web,api}', 'api/**', '*', '**/v2', 'w[de]b'),
  })
  const template = fc.constantFrom(
    'latestPushedK',
    'latestActiveK',
    'nDaysSinceLastPush',
    'nDaysSinceLastPull',
    'always',
  )
  const rule = fc.record({
    template,
    number: fc.integer({ min: 0, max: 6 }),
    selectors: fc.array(tagSelector, { minLength: 1, maxLength: 2 }),
    scope,
  })
  const rules = fc.array(
    rule.map(
      ({ template, number, selectors, scope }): HarborWritten => ({
        action: 'retain',
        template,
        params: template === 'always' ? {} : { [template]: number },
        tag_selectors: selectors.map(({ untagged, ...selector }) => ({
          ...selector,
          ...(untagged === null ? {} : { extras: JSON.stringify({ untagged }) }),
        })),
        scope_selectors: { repository: [scope] },
      }),
    ),
    { minLength: 1, maxLength: 3 },
  )
  let precise = 0
  fc.assert(
    fc.property(rules, images, (rules, images) => {
      const document = { algorithm: 'or', rules, scope: { level: 'project', ref: 1 } }
      const deleted = gone('harbor', document, images).images
      const expected = harborDeletes(rules, images)
      expect(expected).toEqual(expect.arrayContaining(deleted))
      const { problems, notes } = importPolicy('harbor', document, { project: 'team' })
      const isSplit = notes.some(({ path }) => path.endsWith('tag_selectors'))
      if (problems.length > 0 || isSplit || rules.some(({ template }) => template === 'nDaysSinceLastPull')) return
      precise += 1
      expect(deleted).toEqual([...expected])
    }),
    RUNS,
  )
  expect(precise).toBeGreaterThan(RUNS.numRuns / 10)
})

test('GitLab: precisely the tags that are left after each of its steps', () => {
  const regex = fc.constantFrom('.*', 'v.+', 'dev-.*', '(?:v.+|rc.*)', 'v.|rc', 'main|dev', '[vd].*')
  const policy = fc.record(
    { name_regex: regex, name_regex_keep: regex, keep_n: count, older_than: days.map(number => `${number}d`) },
    { requiredKeys: ['name_regex'] },
  )
  fc.assert(
    fc.property(policy, images, (policy, images) => {
      const one = images.filter(image => image.repository === images[0]?.repository)
      const removed = gone('gitlab', policy, one).tags
      const expected = gitlabRemoves(policy, one)
      expect(expected).toEqual(expect.arrayContaining(removed))
      // What is counted here are images: the same when each has one tag.
      if (one.every(({ tags }) => tags.length < 2)) expect(removed.toSorted()).toEqual(expected.toSorted())
    }),
    RUNS,
  )
})

test('Artifact Registry: precisely what a delete policy matches and no keep policy', () => {
  const some = (...from: readonly string[]) => fc.uniqueArray(fc.constantFrom(...from), { minLength: 1, maxLength: 2 })
  const age = days.map(number => `${number}d`)
  const condition = fc.record(
    {
      tagState: fc.constantFrom('tagged', 'untagged', 'any'),
      tagPrefixes: some('v', 'dev', 'rc1', 'm'),
      versionNamePrefixes: some('sha256:a', 'sha256:b1', '2.0'),
      packageNamePrefixes: some('web', 'api', 'api/v'),
      olderThan: age,
      newerThan: age,
    },
    { requiredKeys: ['tagState'] },
  )
  const policy = fc.oneof(
    fc.record({ type: fc.constantFrom('Delete', 'Delete', 'Keep'), condition }),
    fc.record({
      type: fc.constant('Keep'),
      mostRecentVersions: fc.record(
        { keepCount: count, packageNamePrefixes: some('web', 'api') },
        { requiredKeys: ['keepCount'] },
      ),
    }),
  )
  const policies = fc
    .array(policy, { minLength: 1, maxLength: 4 })
    .map(all =>
      all.map(({ type, ...rest }, index) => ({ name: `policy ${index}`, action: { type }, ...rest }) as GarWritten),
    )
  let precise = 0
  fc.assert(
    fc.property(policies, images, (policies, images) => {
      const deleted = gone('gar', policies, images).images
      const expected = garDeletes(policies, images)
      expect(expected).toEqual(expect.arrayContaining(deleted))
      if (importPolicy('gar', policies, { project: 'team' }).problems.length > 0) return
      precise += 1
      expect(deleted).toEqual([...expected])
    }),
    RUNS,
  )
  expect(precise).toBeGreaterThan(RUNS.numRuns / 10)
})
