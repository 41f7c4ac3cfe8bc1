import type { Clock } from '../../platform/clock/index.ts'
import type { AuditInbox, AuditRecords, Identities } from '../../stores/metadata/index.ts'
import type { Access } from '../access/index.ts'
import type { PasswordVerifier, SignInThrottle } from '../identity/index.ts'
import type { Limits } from '../limits/index.ts'
import type { TrustRuleCheck } from './check-trust-rule.ts'

/** What the use cases of administration stand on. */
export interface Administration {
  readonly identities: Identities
  readonly access: Access
  readonly audit: { readonly records: AuditRecords; readonly inbox: AuditInbox }
  readonly passwords: Pick<PasswordVerifier, 'verify'>
  readonly throttle: SignInThrottle
  /** More than the shape of a rule: what its issuer is, and whether its conditions hold anybody off. */
  readonly checkTrustRule: TrustRuleCheck
  readonly limits: Pick<Limits, 'limitsOf'>
  /** No token of a person or a robot lives longer. */
  readonly longestTokenMs: number
  readonly clock: Clock
}

/** A part of a list. `after` is the last one's key of the page before. */
export interface PageOf<Key> {
  readonly after?: Key | undefined
  readonly limit: number
}
