import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { matchesGlob, type RepositoryName } from '../../oci/index.ts'
import type { AccessFacts, GrantFacts, ProjectFacts } from '../../stores/metadata/index.ts'
import { ANONYMOUS, type Principal, userPrincipal } from '../identity/index.ts'
import { answer } from './authorize.ts'
import { type Decision, decide, type Facts, type HeldGrant, type Question, type TagRules } from './decide.ts'
import { BUILT_IN_ROLES, PERMISSIONS } from './permissions.ts'

const NOW = 1000
const REPOSITORIES = ['shop/web', 'shop/api', 'shop/web/deep', 'shop'] as const
const GLOBS = ['**', 'shop/**', 'shop/*', 'shop/web', 'shop', 'other/**', 'shop/w?b'] as const
const TAGS = ['v1', 'dev-1', 'latest'] as const

const repository = fc.constantFrom(...REPOSITORIES)
const grant: fc.Arbitrary<HeldGrant> = fc.record({
  permissions: fc.subarray([...PERMISSIONS]),
  repositories: fc.constantFrom(...GLOBS),
  tags: fc.constantFrom('*', 'v*', 'dev-*', 'latest', '**'),
  via: fc.constant('a role'),
})
const facts: fc.Arbitrary<Facts> = fc.record(
  {
    account: fc.record({
      name: fc.constant('ada'),
      state: fc.constantFrom('active', 'disabled'),
      systemRole: fc.constantFrom(null, null, 'administrator', 'auditor', 'project creator'),
    }),
    project: fc.record({
      id: fc.constant(1),
      name: fc.constant('shop'),
      visibility: fc.constantFrom('private', 'internal', 'public'),
      pushers: fc.constantFrom('members', 'pipelines'),
      network: fc.constant(null),
    }),
    grants: fc.array(grant, { maxLength: 4 }),
    isTrusted: fc.boolean(),
    brokenGlassUntil: fc.constantFrom(NOW - 1, NOW + 1),
  },
  { requiredKeys: ['account', 'grants', 'isTrusted'] },
)
const principal: fc.Arbitrary<Principal> = fc.constantFrom(
  userPrincipal(7, 'ada'),
  ANONYMOUS,
  { kind: 'robot', id: 'robot:3', accountId: 3, name: 'shop+ci', authenticatedBy: 'token' },
  { kind: 'pipeline', id: 'pipeline:r1', name: 'github', authenticatedBy: 'identity token', rules: ['r1'] },
)
const inRepository = fc.record({
  action: fc.constantFrom('stat', 'list', 'pull', 'push', 'delete', 'scan', 'sign', 'read audit'),
  resource: repository.map(name => ({ repository: name as RepositoryName })),
})
const inProject = fc.record({
  action: fc.constantFrom('see project', 'read audit', 'manage members', 'manage policy', 'manage project'),
  resource: fc.constant({ project: 'shop' }),
})
const inRegistry = fc.record({
  action: fc.constantFrom(
    'use API',
    'catalog',
    'manage own account',
    'create project',
    'see registry',
    'manage registry',
  ),
  resource: fc.constant('registry'),
})
const question = fc
  .tuple(fc.oneof({ arbitrary: inRepository, weight: 4 }, inProject, inRegistry), principal)
  .map(([asked, who]): Question => ({ ...asked, principal: who, now: NOW }) as Question)
const scope = fc.array(
  fc.record({ repositories: fc.constantFrom(...GLOBS), permissions: fc.subarray([...PERMISSIONS]) }),
  { maxLength: 3 },
)
const access = fc.array(
  fc.record({
    type: fc.constantFrom('repository', 'repository', 'registry'),
    name: fc.oneof(repository, fc.constant('catalog')),
    actions: fc.subarray(['pull', 'push', 'delete', '*']),
  }),
  { maxLength: 3 },
)

/** Everything that the decision lets somebody do: the action, and each change of each tag. */
function rights(decision: Decision): ReadonlySet<string> {
  if (!decision.isAllowed) return new Set()
  const { tags } = decision
  const changes = (['push', 'overwrite', 'remove'] as const satisfies readonly (keyof TagRules)[]).flatMap(change =>
    TAGS.filter(tag => tags === undefined || tags[change].some(glob => matchesGlob(glob, tag))).map(
      tag => `${change} ${tag}`,
    ),
  )
  return new Set(['the action', ...changes, ...(decision.makesProject ? ['a new project'] : [])])
}
const isWithin = (less: Decision, more: Decision) => [...rights(less)].every(right => rights(more).has(right))
const runs = { numRuns: 5000 }

test('to be given one more role never takes a right away', () => {
  fc.assert(
    fc.property(question, facts, grant, (asked, world, one) => {
      // With a public project's pull no tags are changed, so that only the action counts there.
      const before = decide(asked, world)
      const after = decide(asked, { ...world, grants: [...world.grants, one] })
      expect(!before.isAllowed || after.isAllowed).toBe(true)
      if (asked.action === 'push' || asked.action === 'delete') expect(isWithin(before, after)).toBe(true)
    }),
    runs,
  )
})

test('to restrict a token by its scope never adds a right', () => {
  fc.assert(
    fc.property(question, facts, scope, (asked, world, restriction) => {
      const restricted = { ...asked, principal: { ...asked.principal, scope: restriction } }
      expect(isWithin(decide(restricted, world), decide(asked, world))).toBe(true)
    }),
    runs,
  )
})

test('a registry token never adds a right, but that an anonymous one proves that /v2 may be asked', () => {
  fc.assert(
    fc.property(question, facts, access, (asked, world, restriction) => {
      if (asked.action === 'use API') return
      const restricted = { ...asked, principal: { ...asked.principal, access: restriction } }
      expect(isWithin(decide(restricted, world), decide(asked, world))).toBe(true)
    }),
    runs,
  )
})

test('a scope and a registry token together are at most as much as either', () => {
  fc.assert(
    fc.property(question, facts, scope, access, (asked, world, one, other) => {
      if (asked.action === 'use API') return
      const both = decide({ ...asked, principal: { ...asked.principal, scope: one, access: other } }, world)
      expect(isWithin(both, decide({ ...asked, principal: { ...asked.principal, scope: one } }, world))).toBe(true)
      expect(isWithin(both, decide({ ...asked, principal: { ...asked.principal, access: other } }, world))).toBe(true)
    }),
    runs,
  )
})

test('a decision never depends on what is granted in another project', async () => {
  const roles = fc.array(
    fc.record({ project: fc.constantFrom(1, 2), role: fc.constantFrom(...Object.keys(BUILT_IN_ROLES)) }),
    { maxLength: 5 },
  )
  const projects: readonly ProjectFacts[] = ['shop', 'other'].map((name, index) => ({
    id: index + 1,
    name,
    visibility: 'private',
    pushers: 'members',
    network: null,
  }))
  const storeOf = (granted: readonly { project: number; role: string }[]): AccessFacts => ({
    project: async name => projects.find(project => project.name === name),
    account: async () => ({ name: 'ada', state: 'active', systemRole: null }),
    grants: async (_kind, _id, projectId) =>
      granted
        .filter(({ project }) => project === projectId)
        .map(({ role }): GrantFacts => ({ role, permissions: null, repositories: '**', tags: '*', group: null })),
    trustRule: async () => undefined,
    moment: () => Math.random(),
    brokenGlass: async () => undefined,
  })
  await fc.assert(
    fc.asyncProperty(roles, inRepository, async (granted, asked) => {
      const decided = async (held: typeof granted) =>
        (
          await answer(
            {
              mode: 'closed',
              facts: storeOf(held),
              clock: () => NOW,
              networkRefusal: () => undefined,
              makeProject: async () => undefined,
              refused: () => undefined,
            },
            { ...asked, principal: userPrincipal(7, 'ada'), origin: { address: '192.0.2.1' } },
          )
        ).decision
      expect(await decided(granted)).toEqual(await decided(granted.filter(({ project }) => project === 1)))
    }),
    { numRuns: 500 },
  )
})
