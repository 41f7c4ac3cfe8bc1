export { askInTurn } from './ask-in-turn.ts'
export {
  type CertificateRule,
  type CertificateSource,
  certificateIdentity,
} from './certificates/certificate-identity.ts'
export { type CertificateNames, namesOf } from './certificates/certificate-names.ts'
export { type ForwardedCertificate, type ForwardedForm, readForwardedCertificate } from './certificates/forwarded.ts'
export { type CertificateRequest, type CertificateSettings, certificateSignOn } from './certificates/sign-on.ts'
export { type ChainOptions, chainProblem, readAuthorities } from './certificates/verify-chain.ts'
export { type Claims, claimAt } from './claims.ts'
export { directorySource } from './directory-source.ts'
export { type ExternalIdentity, type PasswordSource, SignOnRefused } from './external-identity.ts'
export { oidcSource } from './oidc/load.ts'
export type { DeviceInvitation, OidcSettings, PendingDevice, PendingSignOn } from './oidc/settings.ts'
export type { DeviceOutcome, SignOnSource } from './oidc/source.ts'
export { plainText } from './plain-text.ts'
export { isSecureUrl, type Requests } from './requests.ts'
export { type GroupRule, type Roles, rolesFrom, type SourceRules } from './source-rules.ts'
export { matchesGlob } from './workload/glob.ts'
export { isNamed, namesInToken } from './workload/houses.ts'
export { DEFAULT_MAX_AGE_SECONDS, type IssuerKind, type TrustedIssuer, usesOnce } from './workload/issuer.ts'
export { type IssuerKeys, issuerKeys } from './workload/keys.ts'
export { type Match, matchRule } from './workload/match-rule.ts'
export type { Condition, TrustRule } from './workload/trust-rule.ts'
export { type UsedTokens, useToken } from './workload/use.ts'
export { LONGEST_LIFETIME_SECONDS, SHORTEST_LIFETIME_SECONDS, validateRule } from './workload/validate-rule.ts'
export {
  looksLikeIdToken,
  TokenRefused,
  type VerifiedToken,
  type VerifyOptions,
  verifyIdToken,
} from './workload/verify.ts'
