export { type BackupJob, type BackupReport, backUp } from './back-up.ts'
export { type BlobFailure, type CopyOptions, type CopyTarget, Interrupted } from './copy.ts'
export { type Move, type MoveReport, moveRegistry } from './move-registry.ts'
export { type RestoreJob, type RestoreReport, restoreRegistry } from './restore.ts'
