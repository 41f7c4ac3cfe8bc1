export {
  type AuditExport,
  type AuditFlags,
  auditExportCommand,
  auditListCommand,
  auditVerifyCommand,
  type FindAudit,
  type VerifyAudit,
} from './audit.ts'
export { type BackupFlags, backupCommand, backupListCommand, drillCommand, restoreCommand } from './backup.ts'
export { configCommand } from './config.ts'
export { type GcCommand, type GcFlags, gcCommand } from './gc.ts'
export { type MigrateStoreFlags, migrateStoreCommand } from './migrate-store.ts'
export { exportCommand, importCommand, type TransferFlags } from './transfer.ts'
export { type Verify, type VerifyFlags, verifyCommand } from './verify.ts'
