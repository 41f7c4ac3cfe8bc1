import type { Command } from 'commander'
import { RemoteFault } from '../../entry/remote/index.ts'
import { Interrupted } from '../../features/copying/index.ts'
import { createOutbound } from '../../platform/outbound/index.ts'
import { SnapshotFault } from '../../stores/backups/index.ts'
import { addAuditCommand } from './audit.ts'
import { addBackupCommands } from './backup.ts'
import { addConfigCommand } from './config.ts'
import type { CommandContext } from './context.ts'
import { addCredentialCommands } from './credentials.ts'
import { addGcCommand } from './gc.ts'
import { addMigrateStoreCommand } from './migrate-store.ts'
import { addRemoteCommands } from './remote/index.ts'
import { addTransferCommands } from './transfer.ts'
import { addVerifyCommand } from './verify.ts'

/** Every command but `serve`. */
export function addCommands(program: Command, context: CommandContext): void {
  addGcCommand(program, context)
  addVerifyCommand(program, context)
  addAuditCommand(program, context)
  addTransferCommands(program, context)
  addBackupCommands(program, context)
  addMigrateStoreCommand(program, context)
  addConfigCommand(program, context)
  addRemoteCommands(program, context)
  // The address of the registry is the user's own choice, and often a private one.
  addCredentialCommands(program, context, createOutbound({ allowedPrivate: ['0.0.0.0/0', '::/0'] }))
}

/** Faults of these commands only, that the person at the command line can mend. */
export const COMMAND_FAULTS = [RemoteFault, SnapshotFault, Interrupted]
