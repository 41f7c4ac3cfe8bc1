import type { Clock } from '../../platform/clock/index.ts'
import type { Secret } from '../../platform/secrets/index.ts'
import type { TrustRuleRecord, TrustRules } from '../../stores/metadata/index.ts'
import type { IdentityTokens } from './authenticate.ts'
import {
  claimAt,
  type IssuerKeys,
  isNamed,
  looksLikeIdToken,
  matchRule,
  namesInToken,
  TokenRefused,
  type TrustedIssuer,
  type TrustRule,
  type UsedTokens,
  useToken,
  type VerifiedToken,
  validateRule,
  verifyIdToken,
} from './external/index.ts'
import type { Principal } from './principal.ts'
import { Unauthenticated } from './unauthenticated.ts'

export interface PipelineTrust {
  readonly issuers: readonly TrustedIssuer[]
  readonly keys: IssuerKeys
  readonly used: UsedTokens
  readonly rules: Pick<TrustRules, 'list'>
  readonly clock: Clock
}

/** What is kept of a token's claims, for the audit log: which run of what it was. */
const RECORDED = [
  'sub',
  'repository',
  'repository_id',
  'repository_owner_id',
  'ref',
  'sha',
  'environment',
  'job_workflow_ref',
  'event_name',
  'run_id',
  'run_attempt',
  'actor_id',
  'project_path',
  'project_id',
  'namespace_id',
  'pipeline_id',
  'job_id',
  'kubernetes.io/namespace',
  'kubernetes.io/serviceaccount/name',
]

/** Who comes with an ID token of an issuer that is trusted, by every rule that speaks of it. */
export function pipelineTokens(trust: PipelineTrust): IdentityTokens {
  return async secret => (looksLikeIdToken(secret.reveal()) ? signInPipeline(trust, secret) : undefined)
}

async function signInPipeline(trust: PipelineTrust, secret: Secret): Promise<Principal> {
  try {
    const all = (await trust.rules.list()).map(ruleOf)
    const token = await verifyIdToken(secret.reveal(), {
      issuers: trust.issuers,
      keys: trust.keys,
      isAudience: audience => all.some(rule => rule.audience === audience),
      now: trust.clock(),
    })
    const rules = matching(trust, all, token)
    await useToken(token, trust.used)
    return {
      kind: 'pipeline',
      id: `pipeline:${token.issuer.issuer} ${token.subject}`,
      name: token.subject,
      authenticatedBy: 'identity token',
      rules: rules.map(({ id }) => id),
      claims: claimsOf(token),
      until: trust.clock() + Math.min(...rules.map(rule => rule.lifetimeSeconds)) * 1000,
    }
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error
    throw new Unauthenticated(error.message, {}, { cause: error })
  }
}

/** @throws TokenRefused with what kept each rule from matching, of those that name the pipeline. */
function matching({ issuers }: PipelineTrust, all: readonly TrustRule[], token: VerifiedToken): readonly TrustRule[] {
  // Again, for an issuer may have left the configuration since.
  const known = all.filter(rule => rule.issuer === token.issuer.issuer && validateRule(rule, issuers).length === 0)
  const rules = known.filter(rule => matchRule(rule, token).matched)
  if (rules.length > 0) return rules
  if (known.length === 0) throw new TokenRefused('No trust rule is for the issuer of this token.')
  const recorded = `No trust rule is for this token: ${reasons(known, token)}.`
  // Anybody can have a token of a public issuer: what the rules of other projects say is not told to them.
  const own = known.filter(rule => isNamed(token.issuer.kind, rule.conditions, token.claims))
  throw new TokenRefused(
    own.length > 0
      ? `No trust rule is for this token: ${reasons(own, token)}.`
      : `No trust rule names the pipeline of this token: ${namesInToken(token.issuer.kind, token.claims)}.`,
    { recorded },
  )
}

const MOST_REASONS = 3

/** Of the rules for this audience first: whoever reads it wrote one of them. */
function reasons(rules: readonly TrustRule[], token: VerifiedToken): string {
  return rules
    .toSorted((one, other) => Number(other.audience === token.audience) - Number(one.audience === token.audience))
    .slice(0, MOST_REASONS)
    .map(rule => {
      const match = matchRule(rule, token)
      return `${rule.project}/${rule.name}: ${match.matched ? '' : match.reason}`
    })
    .join('; ')
}

function ruleOf({ id, project, name, rule }: TrustRuleRecord): TrustRule {
  return { ...(rule as Omit<TrustRule, 'id' | 'project' | 'name'>), id, project, name }
}

function claimsOf({ issuer, claims }: VerifiedToken): Readonly<Record<string, string>> {
  const recorded: Record<string, string> = { iss: issuer.issuer }
  for (const path of RECORDED) {
    const value = claimAt(claims, path)
    if (typeof value === 'string' || typeof value === 'number') recorded[path] = String(value).slice(0, 300)
  }
  return recorded
}
