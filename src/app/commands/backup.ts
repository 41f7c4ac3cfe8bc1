import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import {
  type BackupFlags,
  backupCommand,
  backupListCommand,
  drillCommand,
  restoreCommand,
} from '../../entry/cli/index.ts'
import { backUp, restoreRegistry } from '../../features/copying/index.ts'
import { isAddress, lockFolder, openBackup } from '../../stores/backups/index.ts'
import { SCHEMA_VERSIONS, takeServerLock } from '../../stores/metadata/index.ts'
import { CommandError } from '../command-error.ts'
import { openExisting } from '../compose.ts'
import type { Config } from '../config/index.ts'
import { drillBackup } from '../drill.ts'
import { openRestoreTarget } from '../restore-target.ts'
import type { CommandContext } from './context.ts'

export function addBackupCommands(program: Command, context: CommandContext): void {
  const backup = program
    .command('backup')
    .description('back the registry up to a folder or an object storage, while it serves')
    .argument('<target>', 'a folder, or an address such as s3://bucket/prefix')
    .option('--keep <number>', 'remove all but the newest so many snapshots, and the blobs that only they need')
    .option('--json', 'as JSON')
    .action((target: string, flags: BackupFlags & { keep?: string }) =>
      context.finish(backUpTo(context.config(), target, flags)),
    )
  backup
    .command('list <target>')
    .description('list the snapshots of a backup')
    .option('--json', 'as JSON')
    .action((target: string, _: object, command: Command) =>
      context.finish(list(target, command.optsWithGlobals<BackupFlags>())),
    )
  backup
    .command('drill <target>')
    .description('restore a backup to a scratch folder, check everything and remove it again')
    .option('--at <time>', 'the newest snapshot that is not after this')
    .option('--scratch <folder>', 'where there is room for the whole registry; a temporary folder when absent')
    .option('--json', 'as JSON')
    .action((target: string, _: object, command: Command) =>
      context.finish(drill(context.config(), target, command.optsWithGlobals())),
    )
  program
    .command('restore <target>')
    .description('restore a backup to an empty registry')
    .option('--at <time>', 'the newest snapshot that is not after this; the newest of all when absent')
    .option('--json', 'as JSON')
    .action((target: string, flags: BackupFlags & { at?: string }) =>
      context.finish(restore(context.config(), target, flags)),
    )
}

async function backUpTo(config: Config, target: string, flags: BackupFlags & { keep?: string }): Promise<number> {
  const keep = numberOf(flags.keep)
  await using berth = await openExisting(config, 'backup')
  const { tables, relocation } = berth.metadata
  const lock = isAddress(target) ? undefined : await lockPlace(target)
  try {
    const backup = await openBackup(target)
    const source = { tables, relocation, blobs: berth.stores.blobs }
    const job = { source, backup, schema: berth.migration.to }
    return await backupCommand(options => backUp(job, { ...options, ...keep }), backup.place, flags)
  } finally {
    lock?.release()
  }
}

/** One backup at a time: another could remove the blobs that this one is about to name. */
async function lockPlace(target: string): Promise<{ release(): void }> {
  const lock = await lockFolder(resolve(target), takeServerLock)
  if (lock) return lock
  throw new CommandError(`Another backup to ${target} is running.`)
}

async function list(target: string, flags: BackupFlags): Promise<number> {
  return backupListCommand(await (await openThere(target)).snapshots(), flags)
}

async function restore(config: Config, target: string, flags: BackupFlags & { at?: string }): Promise<number> {
  const at = timeOf(flags.at)
  const backup = await openThere(target)
  await using opened = await openRestoreTarget(config)
  const job = { backup, target: opened.target, schemas: SCHEMA_VERSIONS }
  return await restoreCommand(options => restoreRegistry(job, { ...options, ...at }), backup.place, flags)
}

async function drill(
  config: Config,
  target: string,
  flags: BackupFlags & { at?: string; scratch?: string },
): Promise<number> {
  const at = timeOf(flags.at)
  const backup = await openThere(target)
  return drillCommand(
    options => drillBackup(config, backup, { ...options, ...at, scratch: flags.scratch }),
    backup.place,
    flags,
  )
}

async function openThere(target: string) {
  if (!isAddress(target) && !existsSync(join(target, 'snapshots')))
    throw new CommandError(`There is no backup in ${target}.`)
  return openBackup(target)
}

function numberOf(text: string | undefined): { keep?: number } {
  if (text === undefined) return {}
  if (/^[1-9]\d{0,5}$/.test(text)) return { keep: Number(text) }
  throw new CommandError(`--keep: expected a number, one or more, not "${text}".`)
}

function timeOf(text: string | undefined): { at?: Date } {
  if (text === undefined) return {}
  const at = new Date(text)
  if (!Number.isNaN(at.getTime())) return { at }
  throw new CommandError(`--at: expected a time such as 2026-01-31T12:00:00Z, not "${text}".`)
}
