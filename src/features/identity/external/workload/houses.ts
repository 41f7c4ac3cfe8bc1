import { type Claims, claimAt } from '../claims.ts'
import { isExact } from './glob.ts'
import type { IssuerKind } from './issuer.ts'
import { patternsOf, type TrustRule } from './trust-rule.ts'

/** What is known of an issuer's tokens beyond OpenID Connect. */
interface House {
  /** Claims that name a workload for good; a rule pins all of one of these lists. */
  readonly pins: readonly (readonly string[])[]
  /**
   * Events in which the code of a stranger runs under the name of the project; a rule must name such an event, not just
   * match it.
   */
  readonly event?: { readonly claim: string; readonly dangerous: readonly string[] }
  /** Claims that must be there and equal. */
  readonly same?: readonly [string, string]
}

const HOUSES: Readonly<Record<IssuerKind, House>> = {
  // docs.github.com/en/actions/reference/security/oidc. A name can be taken by another, an id cannot.
  github: {
    pins: [['repository_id'], ['repository_owner_id']],
    event: { claim: 'event_name', dangerous: ['pull_request_target', 'workflow_run'] },
  },
  // docs.gitlab.com/ci/secrets/id_token_authentication. In a fork's merge request `project_id` names the fork while
  // the job runs in its parent, or the other way round by version; only where both are one is it clear who pushes.
  gitlab: {
    pins: [['project_id'], ['namespace_id']],
    event: { claim: 'pipeline_source', dangerous: ['merge_request_event', 'external_pull_request_event'] },
    same: ['project_id', 'job_project_id'],
  },
  // kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin: a name is used again, a uid is not.
  kubernetes: { pins: [['kubernetes.io/namespace', 'kubernetes.io/serviceaccount/uid']] },
  generic: { pins: [['sub']] },
}

/** Why the rule names nobody for good; undefined when it does. */
export function pinProblem(kind: IssuerKind, conditions: TrustRule['conditions']): string | undefined {
  const { pins } = HOUSES[kind]
  const pinned = (claim: string) => {
    const patterns = Object.hasOwn(conditions, claim) ? patternsOf(conditions[claim] ?? []) : []
    return patterns.length > 0 && patterns.every(isExact)
  }
  if (pins.some(claims => claims.every(pinned))) return undefined
  const choices = pins.map(claims => claims.join(' and ')).join(', or ')
  return `a rule for ${kind} tokens must pin ${choices}, without stars`
}

/** Is it one of the workloads that the rule names for good, whatever else the rule asks for? */
export function isNamed(kind: IssuerKind, conditions: TrustRule['conditions'], claims: Claims): boolean {
  const named = (path: string) => {
    const value = claimAt(claims, path)
    const patterns = Object.hasOwn(conditions, path) ? patternsOf(conditions[path] ?? []) : []
    return typeof value === 'string' && patterns.includes(value)
  }
  return HOUSES[kind].pins.some(paths => paths.every(named))
}

/** What names the workload of a token for good: `repository_id "74", repository_owner_id "65"`. */
export function namesInToken(kind: IssuerKind, claims: Claims): string {
  return HOUSES[kind].pins
    .flat()
    .map(path => {
      const value = claimAt(claims, path)
      return typeof value === 'string' ? `${path} ${JSON.stringify(value.slice(0, 200))}` : `${path} is not there`
    })
    .join(', ')
}

/** Why a token of the house is refused whatever its rule says; undefined when it is not. */
export function houseRefusal(kind: IssuerKind, { conditions }: TrustRule, claims: Claims): string | undefined {
  const { same, event } = HOUSES[kind]
  if (same) {
    const [one, other] = same.map(claim => claimAt(claims, claim))
    if (typeof one !== 'string' || typeof other !== 'string') return `the token lacks ${same.join(' or ')}`
    if (one !== other) return `${same.join(' and ')} differ: a fork's pipeline runs here`
  }
  if (event) {
    const name = claimAt(claims, event.claim)
    if (typeof name !== 'string') return `the token lacks ${event.claim}`
    const named = Object.hasOwn(conditions, event.claim) ? patternsOf(conditions[event.claim] ?? []) : []
    if (event.dangerous.includes(name) && !named.includes(name)) {
      return `${event.claim} is ${name}, which runs a stranger's code and must be named by the rule itself`
    }
  }
  return undefined
}
