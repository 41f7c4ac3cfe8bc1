import { type Command, Option } from 'commander'
import { serve } from '../serve/serve.ts'
import { serveAsWorker } from '../serve/worker.ts'
import type { CommandContext } from './context.ts'

export function addServeCommand(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('serve the registry until a signal stops it')
    .option('--listen <address>', 'host:port, several separated by commas (listen)')
    .option('--auth <mode>', '"none" serves without authentication, on loopback addresses only (auth)')
    .addOption(new Option('--worker <name>', 'one of several processes').hideHelp())
    .action(({ worker, ...flags }: { worker?: string; listen?: string; auth?: string }) => {
      const config = context.config(flags)
      return context.finish(worker === undefined ? serve(config, workerCommand) : serveAsWorker(config, worker))
    })
}

/** The command line of this process again; in a single-file build the program is the executable itself. */
function workerCommand(name: string): string[] {
  const program = Bun.main.startsWith('/$bunfs/') ? [] : [Bun.main]
  return [process.execPath, ...program, ...process.argv.slice(2), '--worker', name]
}
