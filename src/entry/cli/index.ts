export { configCommand } from './config.ts'
export { type GcCommand, type GcFlags, gcCommand } from './gc.ts'
export { exportCommand, importCommand, type TransferFlags } from './transfer.ts'
export { type Verify, type VerifyFlags, verifyCommand } from './verify.ts'
