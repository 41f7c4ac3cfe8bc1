export {
  type CheckpointSigner,
  type CheckpointVerifier,
  checkpointBytes,
} from './checkpoint.ts'
export { type ExpiryReport, type ExpiryRules, expireAudit } from './expire.ts'
export type { AuditFinding, AuditFindingKind, AuditVerifyOptions, KnownRecord } from './finding.ts'
export {
  createRecorder,
  RECORDER_LIMITS,
  type Recorder,
  type RecorderLimits,
  type RecorderObserver,
} from './recorder.ts'
export { type CheckpointRules, checkpointIfDue, type Sealer, sealUntil } from './seal.ts'
export { type AuditVerification, type AuditVerifyReport, verifyAudit } from './verify.ts'
