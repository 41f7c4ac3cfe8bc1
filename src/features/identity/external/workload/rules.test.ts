import { describe, expect, test } from 'bun:test'
import { anything, assert, constantFrom, dictionary, property, string } from 'fast-check'
import { githubClaims, gitlabClaims, kubernetesClaims } from '../../../../../test/support/pipeline-tokens.ts'
import type { Claims } from '../claims.ts'
import { type IssuerKind, type TrustedIssuer, usesOnce } from './issuer.ts'
import { matchRule } from './match-rule.ts'
import type { TrustRule } from './trust-rule.ts'
import { validateRule } from './validate-rule.ts'

const AUDIENCE = 'https://berth.test'
const issuerOf = (kind: IssuerKind): TrustedIssuer => ({
  issuer: `https://${kind}.test`,
  kind,
  maxAgeSeconds: 3600,
  singleUse: usesOnce(kind),
})
const UID = '14ee3fa4-a7e2-420f-9f9a-dbc4507c3798'
const houses: Record<IssuerKind, { claims: Claims; conditions: TrustRule['conditions'] }> = {
  github: {
    claims: githubClaims('https://github.test', AUDIENCE, Date.now()),
    conditions: { repository_id: '74', ref: 'refs/heads/*', environment: ['staging', 'production'] },
  },
  gitlab: {
    claims: gitlabClaims('https://gitlab.test', AUDIENCE, Date.now()),
    conditions: { project_id: '20', ref_path: 'refs/heads/main', ref_protected: 'true' },
  },
  kubernetes: {
    claims: kubernetesClaims('https://kubernetes.test', AUDIENCE, Date.now()),
    conditions: { 'kubernetes.io/namespace': 'ci', 'kubernetes.io/serviceaccount/uid': UID },
  },
  generic: {
    claims: { sub: 'machine-7', room: { shelf: 'a/b' } },
    conditions: { sub: 'machine-7', 'room.shelf': '**' },
  },
}
const ruleOf = (kind: IssuerKind, changes: Partial<TrustRule> = {}): TrustRule => ({
  id: '1',
  project: 'team',
  name: 'release',
  issuer: `https://${kind}.test`,
  audience: AUDIENCE,
  conditions: houses[kind].conditions,
  permissions: ['push'],
  repositories: 'team/**',
  tags: '*',
  lifetimeSeconds: 900,
  ...changes,
})
const match = (kind: IssuerKind, rule: Partial<TrustRule> = {}, claims: Claims = {}, audience = AUDIENCE) =>
  matchRule(ruleOf(kind, rule), {
    issuer: issuerOf(kind),
    audience,
    claims: { ...houses[kind].claims, ...claims },
  })
const kinds = Object.keys(houses) as IssuerKind[]

describe.each(kinds)('a rule for %s', kind => {
  const { conditions } = houses[kind]

  test('is accepted, and matches the token that it is for', () => {
    expect(validateRule(ruleOf(kind), [issuerOf(kind)])).toEqual([])
    expect(match(kind)).toEqual({ matched: true })
  })

  test('refuses another issuer and another audience', () => {
    expect(match(kind, { issuer: 'https://other.test' })).toMatchObject({ matched: false })
    expect(match(kind, {}, {}, `${AUDIENCE}/`)).toMatchObject({ matched: false })
  })

  test('refuses each condition that the token does not hold, or that cannot be told', () => {
    for (const path of Object.keys(conditions)) {
      expect(match(kind, { conditions: { ...conditions, [path]: 'something-else' } })).toMatchObject({ matched: false })
      const top = path.startsWith('kubernetes.io') ? 'kubernetes.io' : (path.split('.')[0] ?? '')
      for (const value of [undefined, null, 7, true, [], {}, ['74'], { 74: '74' }]) {
        expect(match(kind, {}, { [top]: value })).toMatchObject({ matched: false })
      }
    }
    expect(match(kind, { conditions: { ...conditions, missing: '**' } })).toEqual({
      matched: false,
      reason: 'the token has no claim missing',
    })
  })

  test('that names nobody for good is not accepted, however it is written', () => {
    const problem = expect.stringContaining('must pin')
    for (const pins of [{}, { ref: 'refs/heads/main' }, ...Object.keys(conditions).map(path => ({ [path]: '*' }))]) {
      expect(validateRule(ruleOf(kind, { conditions: pins }), [issuerOf(kind)])).toContainEqual(problem)
    }
    for (const [path, pattern] of Object.entries(conditions)) {
      if (path.startsWith('ref') || path.startsWith('room') || path === 'environment') continue
      const loose = { ...conditions, [path]: [String(pattern), '7*'] }
      expect(validateRule(ruleOf(kind, { conditions: loose }), [issuerOf(kind)])).toContainEqual(problem)
    }
  })
})

describe('what a rule cannot allow by a pattern', () => {
  const { conditions } = houses.github
  const event = (name: string, more: TrustRule['conditions'] = {}) =>
    match('github', { conditions: { ...conditions, ...more } }, { event_name: name })

  test('on GitHub: events in which a stranger’s code runs as the project', () => {
    for (const name of ['pull_request_target', 'workflow_run']) {
      expect(event(name)).toMatchObject({ matched: false, reason: expect.stringContaining(name) })
      expect(event(name, { event_name: '*' })).toMatchObject({ matched: false })
      expect(event(name, { event_name: ['push', `${name.slice(0, 5)}*`] })).toMatchObject({ matched: false })
      expect(event(name, { event_name: ['push', name] })).toEqual({ matched: true })
    }
    expect(event('release', { event_name: ['push', 'release'] })).toEqual({ matched: true })
    expect(match('github', {}, { event_name: undefined })).toMatchObject({ matched: false })
  })

  test('on GitLab: a fork’s pipeline, whichever of the two projects the rule names', () => {
    const fork = { project_id: '99', pipeline_source: 'merge_request_event' }
    const named = { pipeline_source: 'merge_request_event' }
    expect(match('gitlab', { conditions: { ...named, project_id: '99' } }, fork)).toMatchObject({
      matched: false,
      reason: expect.stringContaining('differ'),
    })
    expect(match('gitlab', {}, { job_project_id: '99' })).toMatchObject({ matched: false })
    expect(match('gitlab', {}, { job_project_id: undefined })).toEqual({
      matched: false,
      reason: 'the token lacks project_id or job_project_id',
    })
    expect(match('gitlab', {}, { pipeline_source: 'merge_request_event' })).toMatchObject({ matched: false })
  })
})

test('the immutable ids hold where GitHub’s sub has changed its form, and a taken-over name does not', () => {
  const claims = { sub: 'repo:octo-org/octo-repo:ref:refs/heads/main', repository_id: '75' }
  expect(match('github', {}, { ...claims, repository_id: '74' })).toEqual({ matched: true })
  expect(match('github', {}, claims)).toMatchObject({ matched: false })
})

test('a reason shows what the token has, without what would deceive a log', () => {
  const outcome = match('github', {}, { ref: `refs/tags/x\nforged ${'y'.repeat(5000)}` })
  expect(outcome).toMatchObject({ matched: false, reason: expect.stringMatching(/^[^\n]{1,300}$/) })
})

test('every problem of a rule is told', () => {
  const rule = ruleOf('github', {
    issuer: 'https://unknown.test',
    name: ' ',
    audience: 'https://*',
    permissions: [],
    lifetimeSeconds: 86_400,
    repositories: '',
    tags: 'a***',
    conditions: { sub: 'repo:octo-org/*', aud: 'x', environment: [], '': 'x', ref: '' },
  })
  expect(validateRule(rule, [issuerOf('github')])).toEqual([
    'issuer: none such is trusted in the configuration',
    'name: is empty',
    'audience: expected one text, without stars',
    'permissions: there are none',
    'lifetimeSeconds: expected 60 to 3600',
    'repositories: is empty',
    'tags: has three stars in a row',
    'conditions: sub is matched as a whole; its form is not for parts',
    'conditions: aud is not for a condition',
    'conditions: environment has no pattern',
    'conditions: a claim without a name',
    'conditions: ref: is empty',
  ])
})

test('no token makes an accepted rule match that does not have the pinned id', () => {
  const claims = dictionary(
    constantFrom('repository_id', 'repository_owner_id', 'ref', 'environment', 'event_name'),
    anything(),
  )
  assert(
    property(claims, string(), (said, id) => {
      const outcome = match('github', {}, { ...said, repository_id: id })
      if (id !== '74') expect(outcome.matched).toBe(false)
    }),
  )
})

test('a condition can only narrow: with one more, nothing matches that did not before', () => {
  const path = constantFrom('ref', 'environment', 'actor', 'sub', 'nothing', 'run_id')
  assert(
    property(path, string({ maxLength: 5 }), constantFrom('', '*', '**'), (claim, text, star) => {
      const narrower = { ...houses.github.conditions, [claim]: text + star }
      const before = match('github', {}, { environment: 'elsewhere' })
      const after = match('github', { conditions: narrower }, { environment: 'elsewhere' })
      if (claim !== 'environment') expect(after.matched && !before.matched).toBe(false)
    }),
  )
})
