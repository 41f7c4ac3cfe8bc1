import { join } from 'node:path'
import type { Command } from 'commander'
import { exportCommand, importCommand, type TransferFlags } from '../../entry/cli/index.ts'
import { exportRegistry, importRegistry } from '../../features/transfer/index.ts'
import { findArchive, openArchiveWriter } from '../../stores/archives/index.ts'
import { takeServerLock } from '../../stores/metadata/index.ts'
import { compose, openExisting } from '../compose.ts'
import type { Config } from '../config/index.ts'
import type { CommandContext } from './context.ts'

export function addTransferCommands(program: Command, context: CommandContext): void {
  program
    .command('export <target>')
    .description('write OCI image layouts, one a repository, to a folder or to a file that ends in .tar')
    .option('--repository <name>', 'only this one, or those that begin with it when it ends in "*"')
    .option('--json', 'as JSON')
    .action((target: string, flags: TransferFlags) => context.finish(exportTo(context.config(), target, flags)))
  program
    .command('import <source>')
    .description('take in OCI image layouts (folder or tar), or the data folder of CNCF distribution')
    .option('--repository <name>', 'the name for a single layout')
    .option('--json', 'as JSON')
    .action((source: string, flags: TransferFlags) => context.finish(importFrom(context.config(), source, flags)))
}

async function exportTo(config: Config, target: string, flags: TransferFlags): Promise<number> {
  await using berth = await openExisting(config, 'export')
  const { repositories, contents, inventory } = berth.metadata
  const { blobs } = await inventory.totals()
  await using archive = await openArchiveWriter(target)
  const source = { repositories, contents, blobs: berth.stores.blobs }
  return await exportCommand(blobs, options => exportRegistry(source, archive, options), flags)
}

/** Makes the registry when there is none: an import is a way to begin. */
async function importFrom(config: Config, source: string, flags: TransferFlags): Promise<number> {
  // First of all: what cannot be imported makes no registry.
  const found = await findArchive(source)
  await using berth = await compose(config, `import-${crypto.randomUUID().slice(0, 8)}`)
  await using archive = await found.open({ folder: join(config.data, 'uploads'), lock: takeServerLock })
  return await importCommand(options => importRegistry(berth.content, archive, options), flags)
}
