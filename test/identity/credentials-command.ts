import { Command } from 'commander'
import { addCredentialCommands } from '../../src/app/commands/credentials.ts'
import { plainRequests } from '../support/plain-outbound.ts'

/** The helpers as commands, with a client that may ask servers of this machine. */
const program = new Command()
addCredentialCommands(
  program,
  {
    async finish(work) {
      process.exitCode = await work
    },
  },
  plainRequests(),
)
await program.parseAsync(process.argv.slice(2), { from: 'user' })
