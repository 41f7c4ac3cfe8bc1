export { admit, type MappedSource } from './admit.ts'
export {
  type Authentication,
  authenticate,
  type IdentityTokens,
  type SignInAttempt,
  type SignInThrottle,
  signIn,
  signInPipeline,
} from './authenticate.ts'
export { certificateSignIns, type ShownCertificate } from './certificates.ts'
export * from './external/index.ts'
export { IdentityUses } from './identity-uses.ts'
export { parseGroupName, parseProjectName, parseRobotName, parseUserName, robotName } from './names.ts'
export { hashPassword, PasswordVerifier, requireGoodPassword } from './passwords.ts'
export { type PipelineTrust, pipelineTokens } from './pipelines.ts'
export {
  ANONYMOUS,
  type AuthenticatedBy,
  type Principal,
  type PrincipalKind,
  SYSTEM,
  type TokenAccess,
  userPrincipal,
} from './principal.ts'
export { issueRefreshToken, type RefreshTokens, redeemRefreshToken } from './refresh-tokens.ts'
export { type IssuedToken, RegistryTokens, type TokenSettings } from './registry-tokens.ts'
export {
  hashOf,
  newPassword,
  newSecretToken,
  randomText,
  type SecretTokenKind,
  secretTokenKind,
} from './secret-token.ts'
export type { SignInObserver } from './sign-in-observer.ts'
export { Signing } from './signing.ts'
export { type Challenge, Unauthenticated } from './unauthenticated.ts'
