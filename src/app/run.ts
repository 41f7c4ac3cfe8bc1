import { Command, CommanderError } from 'commander'
import { RemoteFault } from '../entry/remote/index.ts'
import { Interrupted } from '../features/copying/index.ts'
import { RegistryError } from '../oci/index.ts'
import { createOutbound, OutboundFailed, OutboundRefused } from '../platform/outbound/index.ts'
import { Moved, Unavailable } from '../platform/outcome/index.ts'
import { SealBroken } from '../platform/secrets/index.ts'
import { SnapshotFault } from '../stores/backups/index.ts'
import { BlobsAddressError } from '../stores/blobs/index.ts'
import { SchemaError } from '../stores/metadata/index.ts'
import { CommandError } from './command-error.ts'
import { addAuditCommand } from './commands/audit.ts'
import { addBackupCommands } from './commands/backup.ts'
import { addConfigCommand } from './commands/config.ts'
import type { CommandContext } from './commands/context.ts'
import { addCredentialCommands } from './commands/credentials.ts'
import { addGcCommand } from './commands/gc.ts'
import { addMigrateStoreCommand } from './commands/migrate-store.ts'
import { addRemoteCommands } from './commands/remote/index.ts'
import { addServeCommand } from './commands/serve.ts'
import { addTransferCommands } from './commands/transfer.ts'
import { addVerifyCommand } from './commands/verify.ts'
import { ConfigError, loadConfig } from './config/index.ts'
import { VERSION } from './version.ts'

/** Faults that the person at the command line can mend: told without a stack. */
const TOLD: readonly ((error: unknown) => boolean)[] = [
  ...[
    ConfigError,
    CommandError,
    RemoteFault,
    OutboundFailed,
    OutboundRefused,
    RegistryError,
    SchemaError,
    SnapshotFault,
    BlobsAddressError,
    SealBroken,
    Unavailable,
    Moved,
    Interrupted,
  ].map(kind => (error: unknown) => error instanceof kind),
  // Of the system or the database: a port in use, a file that is not there, a database that is none.
  error => error instanceof Error && 'code' in error && typeof error.code === 'string',
]

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Runs one command of the command line and gives its exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  let code = 0
  const program = new Command('berth')
    .description('Berth: a container registry')
    .version(VERSION)
    .option('--config <file>', 'the settings; berth.yaml when it is there')
    .option('--data <folder>', 'where everything is kept (data)')
    .exitOverride()
  const context: CommandContext = {
    config(flags = {}) {
      const { config: file, data } = program.opts<{ config?: string; data?: string }>()
      return loadConfig({ file, environment: process.env, flags: { data, ...flags } })
    },
    async finish(work) {
      code = await work
    },
  }
  addServeCommand(program, context)
  addGcCommand(program, context)
  addVerifyCommand(program, context)
  addAuditCommand(program, context)
  addTransferCommands(program, context)
  addBackupCommands(program, context)
  addMigrateStoreCommand(program, context)
  addConfigCommand(program, context)
  // The address of the registry is the user's own choice, and often a private one.
  addCredentialCommands(program, context, createOutbound({ allowedPrivate: ['0.0.0.0/0', '::/0'] }))
  addRemoteCommands(program, context)
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    process.stderr.write(`berth: ${TOLD.some(tells => tells(error)) ? (error as Error).message : stackOf(error)}\n`)
    return 2
  }
  return code
}
