import type { Command } from 'commander'
import { configCommand } from '../../entry/cli/index.ts'
import type { CommandContext } from './context.ts'

export function addConfigCommand(program: Command, context: CommandContext): void {
  program
    .command('config')
    .description('print the effective settings, secrets masked')
    .option('--json', 'as JSON')
    .action(flags => context.finish(configCommand(context.config(), flags)))
}
