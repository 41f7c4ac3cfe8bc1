import type { Command } from 'commander'
import { type MigrateStoreFlags, migrateStoreCommand } from '../../entry/cli/index.ts'
import { moveRegistry } from '../../features/copying/index.ts'
import { openExisting } from '../compose.ts'
import type { Config } from '../config/index.ts'
import { type MoveFlags, openMoveTarget, targetConfig } from '../move-target.ts'
import type { CommandContext } from './context.ts'

export function addMigrateStoreCommand(program: Command, context: CommandContext): void {
  program
    .command('migrate-store')
    .description('move the registry to another database, storage or both, while it serves')
    .option('--to-data <folder>', 'SQLite in this folder, or, with --to-database, blobs in it')
    .option('--to-database <url>', 'PostgreSQL, as the setting database.url has it')
    .option('--to-blobs <url>', 'object storage, as the setting blobs.url has it')
    .option('--reopen', 'take changes here again, after a move that is not wanted or was cut off')
    .option('--json', 'as JSON')
    .action((flags: MoveFlags & MigrateStoreFlags & { reopen?: boolean }) => {
      const config = context.config()
      return context.finish(flags.reopen ? reopen(config) : migrate(config, targetConfig(context, flags), flags))
    })
}

async function migrate(config: Config, target: Config, flags: MigrateStoreFlags): Promise<number> {
  await using source = await openExisting(config, 'migrate-store')
  await using opened = await openMoveTarget(source, config, target)
  const { place, sameStorage } = opened
  const { tables, relocation } = source.metadata
  const move = {
    source: { tables, relocation, blobs: source.stores.blobs },
    target: opened.target,
    sameStorage,
    place,
  }
  return await migrateStoreCommand(options => moveRegistry(move, options), place, flags)
}

async function reopen(config: Config): Promise<number> {
  await using berth = await openExisting(config, 'migrate-store')
  await berth.metadata.relocation.reopen()
  process.stdout.write(
    'The registry takes changes here. Let nothing be served from the place it was moved to: changes there are not here.\n',
  )
  return 0
}
