import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import {
  createRunRetention,
  type RetentionItem,
  type RetentionPolicy,
  type RetentionRule,
} from '../../../src/features/retention/index.ts'
import type { RepositoryName } from '../../../src/oci/index.ts'
import { History, type Step } from './history.ts'
import { expected, type Immutability, type Repository } from './model.ts'
import { openStores, type Stores } from './open-stores.ts'
import { universe } from './universe.ts'

setDefaultTimeout(600_000)

const RUNS = Number(process.env.BERTH_TEST_RUNS ?? 150)
const BEGAN = 1_700_000_000_000
const DAY_MS = 86_400_000
const TAGS = ['v1.0.0', 'v1.0.1', 'v1.1.0', '1.2.0', 'v1.3.0-rc.1', 'v2.0.0', 'v2.0.1', 'latest', 'dev-1', 'dev-2', 'b']

let stores: Stores
let cases = 0
const seen = { deleting: 0, freeing: 0, keeping: 0 }
beforeAll(async () => {
  stores = await openStores()
})
afterAll(() => stores[Symbol.asyncDispose]())

const thing = fc.nat({ max: 99 })
const repository = fc.nat({ max: 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('push' as const),
      thing,
      repository,
      tags: fc.uniqueArray(fc.constantFrom(...TAGS), { maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fallback' as const),
      thing,
      subject: thing,
      repository,
      suffix: fc.constantFrom('', '.sig', '.att', '.sbom'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('untag' as const), repository, tag: fc.constantFrom(...TAGS) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('remove' as const, 'pull' as const, 'describe' as const),
      thing,
      repository,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('describe' as const), thing, repository }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lock' as const), thing, repository }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('label' as const),
      thing,
      repository,
      value: fc.constantFrom('t0', 'mine'),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.nat({ max: 200 }) }) },
)

/** Once in `of` times. */
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>, of = 5) =>
  fc.oneof({ weight: of - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const pattern = fc.constantFrom(
  { glob: '*' },
  { glob: 'v*' },
  { glob: 'dev-*' },
  { glob: 'v1.*' },
  { regex: 'v\\d+\\.\\d+\\.\\d+|latest' },
  { semver: '>=1.1.0' },
  { semver: '<2.0.0' },
)
const count = fc.record({
  count: fc.integer({ min: 1, max: 4 }),
  by: fc.constantFrom('push' as const, 'pull' as const, 'version' as const),
})
const age = fc.record({
  atLeastDays: maybe(fc.integer({ min: 0, max: 40 }), 2),
  atMostDays: maybe(fc.integer({ min: 0, max: 40 }), 3),
})
const seldom = 12

const rule = fc.record({
  action: fc.constantFrom('keep' as const, 'delete' as const, 'delete' as const),
  isExclusive: maybe(fc.boolean(), seldom),
  select: fc.record({
    repositories: maybe(fc.constantFrom(['**/one'], ['**/*']), seldom),
    exceptRepositories: maybe(fc.constantFrom(['**/one']), seldom),
    state: maybe(fc.constantFrom('tagged' as const, 'untagged' as const), seldom),
    tags: maybe(fc.array(pattern, { minLength: 1, maxLength: 2 }), 2),
    exceptTags: maybe(fc.array(pattern, { minLength: 1, maxLength: 1 }), seldom),
    imageHasTags: maybe(fc.array(pattern, { minLength: 1, maxLength: 2 }), seldom),
    imageHasTagsExcept: maybe(fc.array(pattern, { minLength: 1, maxLength: 2 }), seldom),
    digests: maybe(fc.constantFrom(['sha256:*'], ['sha256:1*', 'sha256:a*']), seldom),
    artifactTypes: maybe(
      fc.constantFrom(['application/vnd.oci.image.config.v1+json'].map(type => `${type}**`)),
      seldom,
    ),
    annotations: maybe(fc.constantFrom({ team: 'team-0' }, { team: '*' }), seldom),
    labels: maybe(fc.constantFrom({ tier: 't*' }, { tier: 'mine' }), seldom),
    platforms: maybe(fc.constantFrom(['linux/amd64'], ['linux/arm64/v8']), seldom),
    isSigned: maybe(fc.boolean(), seldom),
    isInIndex: maybe(fc.boolean(), seldom),
  }),
  when: fc.record({
    newest: maybe(count, 3),
    beyondNewest: maybe(count, 3),
    newestMinorLines: maybe(
      fc.record({ count: fc.integer({ min: 1, max: 3 }), patches: maybe(fc.integer({ min: 1, max: 2 }), 2) }),
      4,
    ),
    pushed: maybe(age, 3),
    pulled: maybe(age, 3),
  }),
})

const scene = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: Number(process.env.BERTH_TEST_STEPS ?? 60), size: 'max' }),
  rules: fc.array(rule, { minLength: 1, maxLength: 5 }),
  daysLater: fc.nat({ max: 40 }),
  pullsSinceDays: fc.nat({ max: 60 }),
  immutable: fc.array(fc.record({ prefix: fc.constantFrom('v', 'dev-', 'latest'), days: fc.nat({ max: 30 }) }), {
    maxLength: 1,
  }),
})
type Scene = typeof scene extends fc.Arbitrary<infer Value> ? Value : never

test('what goes and what stays is precisely what the model says, and a dry run tells the same as the run after it', async () => {
  await fc.assert(fc.asyncProperty(scene, checkScene), {
    numRuns: RUNS,
    endOnFailure: process.env.BERTH_TEST_FIRST === '1',
  })
  // A property of nothing holds as well. About a quarter of the histories are each of these, and never fewer than a few.
  for (const cases of Object.values(seen)) expect(cases).toBeGreaterThan(RUNS / 15)
})

async function checkScene({ steps, rules, daysLater, pullsSinceDays, immutable }: Scene): Promise<void> {
  const project = `case-${++cases}`
  const history = new History(stores, universe(project), [`${project}/one`, `${project}/two`], BEGAN)
  for (const step of steps) await history.take(step)
  const now = history.now + daysLater * DAY_MS
  const pullsSince = BEGAN + pullsSinceDays * DAY_MS
  await stores.engine.write(queries => queries.updateTable('pull_records').set({ since: pullsSince }).execute())
  const isThere = history.repositories.some(({ manifests }) => manifests.size > 0)
  if (isThere) await makeImmutable(project, immutable)
  const policy: RetentionPolicy = {
    isDryRun: false,
    fusePercent: 100,
    ignoredPullers: [],
    rules: rules.map((each, at) => ({ ...each, name: `rule-${at}` }) as RetentionRule),
  }
  const model = expected(policy, history.repositories, { now, pullsSince, immutable: isThere ? immutable : [] })
  seen.deleting += model.going > 0 ? 1 : 0
  seen.freeing += model.freedBytes > 0 ? 1 : 0
  seen.keeping += [...model.fates.values()].some(fate => fate.startsWith('keep rule')) ? 1 : 0
  const dry = await run(project, policy, now, true)
  expect(Object.fromEntries(fatesOf(dry.items))).toEqual(Object.fromEntries([...model.fates].sort()))
  expect(dry.report.freedBytes).toBe(model.freedBytes)
  expect(await contentOf(history.repositories)).toEqual(before(history.repositories))
  const real = await run(project, policy, now, false)
  expect(real.items).toEqual(dry.items)
  expect(real.report).toEqual(dry.report)
  expect(await contentOf(history.repositories)).toEqual({
    tags: [...model.tags].sort(),
    manifests: [...model.manifests].sort(),
  })
}

async function run(project: string, policy: RetentionPolicy, now: number, isDryRun: boolean) {
  const { retentionFacts: facts, retentionRemoval: removal } = stores.metadata
  const runRetention = createRunRetention({ facts, removal, clock: () => now, trashMs: DAY_MS })
  const items: RetentionItem[] = []
  const options = {
    isDryRun,
    onItem: (item: RetentionItem) => void items.push(item),
    signal: new AbortController().signal,
  }
  const report = await runRetention({ project, policy, by: 'ada' }, options)
  return { report, items }
}

/** As the model names them; what protection keeps is kept by no rule. */
function fatesOf(items: readonly RetentionItem[]): [string, string][] {
  return items
    .flatMap(({ repository, digest, tags, action, rule }): [string, string][] =>
      (tags.length === 0 ? [''] : tags).map(tag => [`${repository} ${digest} ${tag}`, `${action} ${rule}`]),
    )
    .sort()
}

async function contentOf(repositories: readonly Repository[]) {
  const { db } = stores.engine
  const names = repositories.map(({ name }) => name as RepositoryName)
  const tags = await db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .select(['repositories.name as repository', 'tags.name'])
    .where('repositories.name', 'in', names)
    .execute()
  const manifests = await db
    .selectFrom('manifests')
    .innerJoin('repositories', 'repositories.id', 'manifests.repository_id')
    .select(['repositories.name as repository', 'manifests.digest'])
    .where('repositories.name', 'in', names)
    .execute()
  return {
    tags: tags.map(row => `${row.repository} ${row.name}`).sort(),
    manifests: manifests.map(row => `${row.repository} ${row.digest}`).sort(),
  }
}

function before(repositories: readonly Repository[]) {
  const all = (of: (repository: Repository) => Iterable<string>) =>
    repositories.flatMap(repository => [...of(repository)].map(each => `${repository.name} ${each}`)).sort()
  return { tags: all(({ tags }) => tags.keys()), manifests: all(({ manifests }) => manifests.keys()) }
}

async function makeImmutable(project: string, immutable: readonly Immutability[]): Promise<void> {
  await stores.engine.write(async queries => {
    const { id } = await queries
      .selectFrom('projects')
      .select('id')
      .where('name', '=', project)
      .executeTakeFirstOrThrow()
    for (const [at, { prefix, days }] of immutable.entries()) {
      const globs = { repositories: '[]', except_repositories: '[]', except_tags: '[]' }
      const made = { afterwards: 'retention', created_at: BEGAN, created_by: 'ada' } as const
      await queries
        .insertInto('immutability_rules')
        .values({
          ...globs,
          ...made,
          project_id: id,
          name: `i${at}`,
          tags: JSON.stringify([{ glob: `${prefix}*` }]),
          immutable_for_days: days,
        })
        .execute()
    }
  })
}
