import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { matchesGlob, parseDigest, parseRepositoryName, parseTag } from '../../oci/index.ts'
import { type Change, type ImmutabilityRule, judgeChange, type Lock, type ProtectionFacts } from './index.ts'

const DAY = 24 * 3600 * 1000
const SET = Date.UTC(2026, 0, 1)
const app = parseRepositoryName('shop/app')
const [digest, other] = ['a', 'b'].map(letter => parseDigest(`sha256:${letter.repeat(64)}`)) as [never, never]
const v1 = parseTag('v1.0.0')

const rule = (more: Partial<ImmutabilityRule> = {}): ImmutabilityRule => ({
  project: 'shop',
  name: 'releases',
  repositories: [],
  exceptRepositories: [],
  tags: [{ glob: 'v*' }],
  exceptTags: [],
  immutableForDays: undefined,
  afterwards: 'retention',
  ...more,
})
const lock = (kind: Lock['kind'], of?: Lock['digest']): Lock => ({
  digest: of,
  kind,
  reason: 'audit',
  by: 'ann',
  at: SET,
})
const facts = (rules: readonly ImmutabilityRule[], locks: readonly Lock[] = []): ProtectionFacts => ({
  repository: app,
  rules,
  locks,
})

interface Asked {
  readonly by?: Change['by']
  readonly afterDays?: number
  readonly tag?: string
}
const circumstances = ({ by = 'person', afterDays = 0 }: Asked) => ({ by, now: SET + afterDays * DAY })
const change = {
  push: (asked: Asked = {}): Change => ({ kind: 'push', digest, ...circumstances(asked) }),
  rename: (asked: Asked = {}): Change => ({ kind: 'rename', ...circumstances(asked) }),
  move: (asked: Asked = {}): Change => ({
    kind: 'move',
    tag: parseTag(asked.tag ?? v1),
    digest,
    setAt: SET,
    ...circumstances(asked),
  }),
  'remove tag': (asked: Asked = {}): Change => ({
    kind: 'remove tag',
    tag: parseTag(asked.tag ?? v1),
    digest,
    setAt: SET,
    ...circumstances(asked),
  }),
  'remove manifest': (asked: Asked = {}): Change => ({
    kind: 'remove manifest',
    digest,
    tags: [
      { tag: parseTag('other'), setAt: SET },
      { tag: parseTag(asked.tag ?? v1), setAt: SET },
    ],
    ...circumstances(asked),
  }),
}
const held = (given: ProtectionFacts, asked: Asked = {}) =>
  (Object.keys(change) as (keyof typeof change)[]).filter(kind => judgeChange(given, change[kind](asked)))
const CHANGES = ['move', 'remove tag', 'remove manifest'] as const

test('without rules and locks nothing is held', () => {
  expect(held(facts([]))).toEqual([])
})

test('a rule holds its tags for ever against all, and new ones may come', () => {
  for (const asked of [{}, { afterDays: 100_000 }, { by: 'retention' as const, afterDays: 100_000 }])
    expect(held(facts([rule()]), asked)).toEqual([...CHANGES])
})

test('no name is special: what is not among the tags, or is excepted, moves', () => {
  expect(held(facts([rule()]), { tag: 'latest' })).toEqual([])
  const all = rule({
    tags: [{ glob: '*' }],
    exceptTags: [{ glob: 'latest' }, { regex: 'dev-\\d+' }, { glob: 'other' }],
  })
  expect(held(facts([all]), { tag: 'latest' })).toEqual([])
  expect(held(facts([all]), { tag: 'dev-12' })).toEqual([])
  expect(held(facts([all]), { tag: 'dev-x' })).toEqual([...CHANGES])
  expect(held(facts([rule({ tags: [{ glob: '*' }] })]), { tag: 'latest' })).toEqual([...CHANGES])
})

test('repositories are named and excepted by patterns', () => {
  expect(held(facts([rule({ repositories: ['shop/app'] })]))).toEqual([...CHANGES])
  expect(held(facts([rule({ repositories: ['shop/web', 'shop/web/*'] })]))).toEqual([])
  expect(held(facts([rule({ exceptRepositories: ['shop/a*'] })]))).toEqual([])
})

test('after its days retention may, and people only when the rule says everybody', () => {
  const retention = facts([rule({ immutableForDays: 400 })])
  expect(held(retention, { by: 'retention', afterDays: 399 })).toEqual([...CHANGES])
  expect(held(retention, { by: 'retention', afterDays: 400 })).toEqual([])
  expect(held(retention, { afterDays: 401 })).toEqual([...CHANGES])
  const everybody = facts([rule({ immutableForDays: 400, afterwards: 'everybody' })])
  expect(held(everybody, { afterDays: 399 })).toEqual([...CHANGES])
  expect(held(everybody, { afterDays: 400 })).toEqual([])
  expect(held(everybody, { by: 'retention', afterDays: 400 })).toEqual([])
})

test('zero days: people never may, retention at once', () => {
  const given = facts([rule({ immutableForDays: 0 })])
  expect(held(given)).toEqual([...CHANGES])
  expect(held(given, { by: 'retention' })).toEqual([])
})

test('the refusal names the rule that holds longest, until when, and what to do', () => {
  const given = facts([
    rule({ name: 'short', immutableForDays: 10, afterwards: 'everybody' }),
    rule({ name: 'long', project: undefined, immutableForDays: 20, afterwards: 'everybody' }),
  ])
  const refusal = judgeChange(given, change.move())
  expect(refusal).toMatchObject({ rule: 'long', tag: v1, until: SET + 20 * DAY })
  expect(refusal?.message).toBe(
    `The tag v1.0.0 of shop/app is immutable until 2026-01-21T00:00:00Z by the rule "long" of the registry and points to ${digest}. Push to another tag; who manages the rules can change the rule (berth immutable).`,
  )
  const forEver = judgeChange(facts([...given.rules, rule()]), change['remove manifest']())
  expect(forEver).toMatchObject({ rule: 'releases', because: 'immutable by the rule "releases" of project shop' })
  expect(forEver?.until).toBeUndefined()
  expect(forEver?.message).toContain(`shop/app@${digest} carries the tag v1.0.0, which is immutable by the rule`)
})

test('locks on the repository: one against deletion, one against every change', () => {
  for (const by of ['person', 'retention'] as const) {
    expect(held(facts([], [lock('delete')]), { by })).toEqual(['remove tag', 'remove manifest'])
    expect(held(facts([], [lock('write')]), { by })).toEqual(['push', 'rename', 'move'])
  }
})

test('locks on an image hold that image and its tags, and nothing else', () => {
  expect(held(facts([], [lock('delete', digest)]))).toEqual(['remove tag', 'remove manifest'])
  expect(held(facts([], [lock('write', digest)]))).toEqual(['move'])
  expect(held(facts([], [lock('delete', other), lock('write', other)]))).toEqual([])
  const refusal = judgeChange(facts([], [lock('write', digest)]), change.move())
  expect(refusal).toMatchObject({ lock: 'write', because: 'locked against changes by ann on 2026-01-01 (audit)' })
  expect(refusal?.message).toContain(`berth unlock shop/app@${digest} --kind write`)
})

test('an end beyond all dates is for ever', () => {
  const given = facts([rule({ immutableForDays: 1e12, afterwards: 'everybody' })])
  expect(judgeChange(given, change.move())?.until).toBeUndefined()
})

test('judgements are those of a plain model', () => {
  const name = fc.constantFrom('v1', 'v2', 'latest', 'dev-1')
  const globs = fc.array(fc.constantFrom('v*', '*', 'latest', 'dev-?'), { maxLength: 2 })
  const repositories = fc.array(fc.constantFrom('shop/*', 'shop/app', 'shop/web', '**'), { maxLength: 2 })
  const rules = fc.array(
    fc.record({
      repositories,
      exceptRepositories: repositories,
      tags: globs,
      exceptTags: globs,
      immutableForDays: fc.option(fc.nat(5), { nil: undefined }),
      afterwards: fc.constantFrom('retention' as const, 'everybody' as const),
    }),
    { maxLength: 4 },
  )
  const locks = fc.array(
    fc.tuple(fc.constantFrom('delete' as const, 'write' as const), fc.constantFrom(undefined, digest, other)),
    { maxLength: 3 },
  )
  const asked = fc.record({
    kind: fc.constantFrom('move' as const, 'remove tag' as const),
    by: fc.constantFrom('person' as const, 'retention' as const),
    afterDays: fc.nat(6),
    tag: name,
  })
  const model = (
    given: Parameters<typeof judge>[0],
    locked: Parameters<typeof judge>[1],
    { kind, by, afterDays, tag }: Parameters<typeof judge>[2],
  ) => {
    const wanted = kind === 'move' ? 'write' : 'delete'
    if (locked.some(([lockKind, of]) => lockKind === wanted && of !== other)) return true
    return given.some(({ repositories, exceptRepositories, tags, exceptTags, immutableForDays, afterwards }) => {
      const isIn = (patterns: readonly string[], text: string) => patterns.some(glob => matchesGlob(glob, text))
      const concerns =
        (repositories.length === 0 || isIn(repositories, app)) &&
        !isIn(exceptRepositories, app) &&
        isIn(tags, tag) &&
        !isIn(exceptTags, tag)
      const isOver = immutableForDays !== undefined && afterDays >= immutableForDays
      return concerns && !(isOver && (by === 'retention' || afterwards === 'everybody'))
    })
  }
  const judge = (
    given: readonly {
      repositories: string[]
      exceptRepositories: string[]
      tags: string[]
      exceptTags: string[]
      immutableForDays: number | undefined
      afterwards: 'retention' | 'everybody'
    }[],
    locked: readonly ['delete' | 'write', Lock['digest']][],
    { kind, ...more }: { kind: 'move' | 'remove tag'; by: Change['by']; afterDays: number; tag: string },
  ) =>
    judgeChange(
      facts(
        given.map(({ tags, exceptTags, ...each }) =>
          rule({ ...each, tags: tags.map(glob => ({ glob })), exceptTags: exceptTags.map(glob => ({ glob })) }),
        ),
        locked.map(([lockKind, of]) => lock(lockKind, of)),
      ),
      change[kind](more),
    )
  fc.assert(
    fc.property(rules, locks, asked, (given, locked, question) => {
      expect(judge(given, locked, question) !== undefined).toBe(model(given, locked, question))
    }),
    { numRuns: 3000 },
  )
})
