import type { Command } from 'commander'
import { type VerifyFlags, verifyCommand } from '../../entry/cli/index.ts'
import { verifyRegistry } from '../../features/integrity/index.ts'
import { openExisting } from '../compose.ts'
import type { Config } from '../config/index.ts'
import type { CommandContext } from './context.ts'

/** Longer than any push takes between storing an object and recording it. */
const SAFETY_MS = 3_600_000

export function addVerifyCommand(program: Command, context: CommandContext): void {
  program
    .command('verify')
    .description('check metadata against storage both ways, beside a running server; nothing is deleted')
    .option('--no-content', 'compare sizes only, without reading every byte')
    .option('--json', 'as JSON')
    .action((flags: VerifyFlags) => context.finish(verify(context.config(), flags)))
}

async function verify(config: Config, flags: VerifyFlags): Promise<number> {
  await using berth = await openExisting(config, 'verify')
  const { inventory, dangling, damage } = berth.metadata
  const verification = { inventory, dangling, damage, blobs: berth.stores.blobs, clock: berth.garbage.clock }
  return await verifyCommand(
    options =>
      verifyRegistry(verification, { ...options, sparseManifests: config.manifests.sparse, safetyMs: SAFETY_MS }),
    flags,
  )
}
