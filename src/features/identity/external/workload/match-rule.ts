import { claimAt } from '../claims.ts'
import { matchesGlob } from './glob.ts'
import { houseRefusal } from './houses.ts'
import { patternsOf, type TrustRule } from './trust-rule.ts'
import type { VerifiedToken } from './verify.ts'

export type Match = { readonly matched: true } | { readonly matched: false; readonly reason: string }

/** Whether the rule speaks of the token, and if not, why. What cannot be told counts as no. */
export function matchRule(rule: TrustRule, token: Pick<VerifiedToken, 'issuer' | 'audience' | 'claims'>): Match {
  const reason = refusal(rule, token)
  return reason === undefined ? { matched: true } : { matched: false, reason }
}

function refusal(
  rule: TrustRule,
  { issuer, audience, claims }: Pick<VerifiedToken, 'issuer' | 'audience' | 'claims'>,
): string | undefined {
  if (rule.issuer !== issuer.issuer) return 'the token is of another issuer'
  if (rule.audience !== audience) return 'the token is for another audience'
  const paths = Object.keys(rule.conditions)
  if (paths.length === 0) return 'the rule has no conditions'
  for (const path of paths) {
    const value = claimAt(claims, path)
    if (value === undefined) return `the token has no claim ${path}`
    if (typeof value !== 'string') return `the claim ${path} is not a text`
    const patterns = patternsOf(rule.conditions[path] ?? [])
    if (!patterns.some(pattern => matchesGlob(pattern, value))) {
      return `the claim ${path} is ${JSON.stringify(value.slice(0, 200))}, not ${patterns.join(' or ')}`
    }
  }
  return houseRefusal(issuer.kind, rule, claims)
}
