export type { Finding } from './finding.ts'
export type { Verification, VerifyOptions, VerifyReport } from './verification.ts'
export { verifyRegistry } from './verify.ts'
