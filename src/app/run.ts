import { Command, CommanderError } from 'commander'
import { RegistryError } from '../oci/index.ts'
import { OutboundFailed, OutboundRefused } from '../platform/outbound/index.ts'
import { Moved, Unavailable } from '../platform/outcome/index.ts'
import { SealBroken } from '../platform/secrets/index.ts'
import { BlobsAddressError } from '../stores/blobs/index.ts'
import { SchemaError } from '../stores/metadata/index.ts'
import { CommandError } from './command-error.ts'
import type { CommandContext } from './commands/context.ts'
import { addServeCommand } from './commands/serve.ts'
import { ConfigError, loadConfig } from './config/index.ts'
import { VERSION } from './version.ts'

/** Faults that the person at the command line can mend: told without a stack. */
const TOLD: readonly ((error: unknown) => boolean)[] = [
  ...[
    ConfigError,
    CommandError,
    OutboundFailed,
    OutboundRefused,
    RegistryError,
    SchemaError,
    BlobsAddressError,
    SealBroken,
    Unavailable,
    Moved,
  ].map(kind => (error: unknown) => error instanceof kind),
  // Of the system or the database: a port in use, a file that is not there, a database that is none.
  error => error instanceof Error && 'code' in error && typeof error.code === 'string',
]

/** As a process that SIGPIPE ends: `berth audit export | head` has what it wanted. */
const NOBODY_READS = 128 + 13

function endWhenNobodyReads(error: Error): void {
  if ('code' in error && error.code === 'EPIPE') process.exit(NOBODY_READS)
  throw error
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Runs one command of the command line and gives its exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  let code = 0
  const program = new Command('berth')
    .description('Berth: a container registry')
    .option('--config <file>', 'the settings; berth.yaml when it is there')
    .option('--data <folder>', 'where everything is kept (data)')
    .exitOverride()
  const command = commandOf(argv)
  // What stands after a command is that command's: `berth packages lodash --version 4` asks for no version of Berth.
  if (command === undefined) program.version(VERSION)
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
  process.stdout.on('error', endWhenNobodyReads)
  const faults = await addOthers(program, context, command)
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    process.stderr.write(`berth: ${isTold(error, faults) ? (error as Error).message : stackOf(error)}\n`)
    return 2
  }
  return code
}

/** The first word that is neither an option nor what belongs to one. */
function commandOf(argv: readonly string[]): string | undefined {
  return argv.find((word, at) => !word.startsWith('-') && !/^--(config|data)$/.test(argv[at - 1] ?? ''))
}

/** A server that runs for years needs none of the other commands in its memory. Gives their faults. */
async function addOthers(program: Command, context: CommandContext, command: string | undefined) {
  if (command === 'serve') return []
  const { addCommands, COMMAND_FAULTS } = await import('./commands/index.ts')
  addCommands(program, context)
  return COMMAND_FAULTS
}

function isTold(error: unknown, faults: readonly (abstract new (...given: never[]) => Error)[]): boolean {
  return TOLD.some(tells => tells(error)) || faults.some(kind => error instanceof kind)
}
