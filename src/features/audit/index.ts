export type { AuditFilter, AuditRecord } from '../../stores/metadata/index.ts'
export {
  type CheckpointSigner,
  type CheckpointVerifier,
  checkpointBytes,
} from './checkpoint.ts'
export { es256Signer, es256Verifier, KeySetFault } from './es256.ts'
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
export { createSink, type SinkParts } from './sinks/create-sink.ts'
export {
  DELIVERY_TIMING,
  type Delivery,
  type DeliveryObserver,
  type DeliveryTiming,
  deliverUntil,
  type SinkLag,
} from './sinks/deliver.ts'
export type { Emitter } from './sinks/formats/emitter.ts'
export { jsonLine } from './sinks/formats/json.ts'
export { summaryOf } from './sinks/formats/summary.ts'
export { visible } from './sinks/formats/visible.ts'
export type { Outbound, TlsFiles } from './sinks/outbound.ts'
export type {
  FileSettings,
  HttpsSettings,
  OtlpSettings,
  SecretText,
  SinkSettings,
  SplunkSettings,
  SyslogSettings,
  TextFormat,
} from './sinks/settings.ts'
export { type AuditSink, DeliveryFailed } from './sinks/sink.ts'
export { textOf } from './sinks/syslog-sink.ts'
export { type AuditVerification, type AuditVerifyReport, verifyAudit } from './verify.ts'
