import { globProblem, isExact } from './glob.ts'
import { pinProblem } from './houses.ts'
import type { TrustedIssuer } from './issuer.ts'
import { patternsOf, type TrustRule } from './trust-rule.ts'

export const SHORTEST_LIFETIME_SECONDS = 60
export const LONGEST_LIFETIME_SECONDS = 3600

/** Checked otherwise, and for every token. */
const NO_CONDITIONS = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti']

/** Everything that keeps the rule from being accepted; a rule with a problem is neither stored nor matched. */
export function validateRule(rule: TrustRule, issuers: readonly TrustedIssuer[]): readonly string[] {
  const issuer = issuers.find(candidate => candidate.issuer === rule.issuer)
  const { lifetimeSeconds } = rule
  const livesMinutes =
    Number.isInteger(lifetimeSeconds) &&
    lifetimeSeconds >= SHORTEST_LIFETIME_SECONDS &&
    lifetimeSeconds <= LONGEST_LIFETIME_SECONDS
  return [
    ...(issuer ? [pinProblem(issuer.kind, rule.conditions)] : ['issuer: none such is trusted in the configuration']),
    rule.name.trim() === '' ? 'name: is empty' : undefined,
    rule.audience === '' || !isExact(rule.audience) ? 'audience: expected one text, without stars' : undefined,
    rule.permissions.length === 0 ? 'permissions: there are none' : undefined,
    livesMinutes ? undefined : `lifetimeSeconds: expected ${SHORTEST_LIFETIME_SECONDS} to ${LONGEST_LIFETIME_SECONDS}`,
    ...(['repositories', 'tags'] as const).map(field => named(field, globProblem(rule[field]))),
    ...Object.keys(rule.conditions).flatMap(path => conditionProblems(path, patternsOf(rule.conditions[path] ?? []))),
  ].filter(problem => problem !== undefined)
}

function conditionProblems(path: string, patterns: readonly string[]): readonly (string | undefined)[] {
  if (path === '') return ['conditions: a claim without a name']
  if (NO_CONDITIONS.includes(path)) return [`conditions: ${path} is not for a condition`]
  if (patterns.length === 0) return [`conditions: ${path} has no pattern`]
  return patterns.flatMap(pattern => [
    named(`conditions: ${path}`, globProblem(pattern)),
    path === 'sub' && !isExact(pattern)
      ? 'conditions: sub is matched as a whole; its form is not for parts'
      : undefined,
  ])
}

function named(field: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${field}: ${problem}`
}
