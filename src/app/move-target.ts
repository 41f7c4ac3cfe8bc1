import { resolve } from 'node:path'
import type { CopyTarget } from '../features/copying/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import { takeServerLock } from '../stores/metadata/index.ts'
import { CommandError } from './command-error.ts'
import type { CommandContext } from './commands/context.ts'
import { type Berth, lockFile, openMetadata } from './compose.ts'
import type { Config } from './config/index.ts'
import { isTied, storesAt, tieStorage } from './open-stores.ts'

export interface MoveFlags {
  readonly toData?: string
  readonly toDatabase?: string
  readonly toBlobs?: string
}

export interface MoveTarget extends AsyncDisposable {
  readonly target: CopyTarget & { prepare(): Promise<void> }
  readonly place: string
  readonly sameStorage: boolean
}

/** The settings that the registry will be served with. @throws CommandError, ConfigError. */
export function targetConfig(context: CommandContext, { toData, toDatabase, toBlobs }: MoveFlags): Config {
  if (toDatabase === undefined && toData === undefined) {
    throw new CommandError(
      toBlobs === undefined
        ? 'Say where to: --to-data, --to-database, --to-blobs (docs/migrate-store.md).'
        : 'The metadata move with the blobs: give --to-database (another database) or --to-data (another folder) too.',
    )
  }
  const config = context.config()
  const given = context.config({ database: toDatabase, blobs: toBlobs })
  // Without a word about the blobs they go with SQLite into its folder, and else stay where they are.
  const blobsUrl = toBlobs === undefined ? (toData === undefined ? config.blobs.url : undefined) : given.blobs.url
  return {
    ...config,
    data: toData ?? config.data,
    database: { ...config.database, url: toDatabase === undefined ? undefined : given.database.url },
    blobs: { ...config.blobs, url: blobsUrl },
  }
}

/** Opens the place that a registry is moved to, and keeps servers from it. @throws CommandError. */
export async function openMoveTarget(source: Berth, config: Config, to: Config): Promise<MoveTarget> {
  const elsewhere = resolve(to.data) !== resolve(config.data)
  if (!elsewhere && to.database.url === config.database.url) {
    throw new CommandError('The registry is there already: give another folder or another database.')
  }
  const lock = elsewhere ? takeServerLock(lockFile(to)) : undefined
  if (elsewhere && !lock) throw new CommandError(`A Berth serves ${to.data}: stop it first.`)
  try {
    const { metadata } = await openMetadata(to, true)
    const stores = await storesAt(to, metadata)
    const mark = await source.stores.mark.read()
    const isSame =
      (to.blobs.url === undefined && config.blobs.url === undefined && !elsewhere) ||
      (mark !== undefined && to.blobs.url !== undefined && (await stores.mark.read()) === mark)
    return {
      target: {
        tables: metadata.tables,
        relocation: metadata.relocation,
        sessions: metadata.uploads,
        uploads: stores.uploads,
        clock: systemClock,
        async prepare() {
          if (isSame) await metadata.storage.tie(mark ?? (await stores.mark.write(crypto.randomUUID())))
          if (isTied(to)) await tieStorage(metadata, stores)
        },
      },
      place: placeOf(to, stores.place),
      sameStorage: isSame,
      async [Symbol.asyncDispose]() {
        await metadata.close()
        lock?.release()
      },
    }
  } catch (error) {
    lock?.release()
    throw error
  }
}

/** Without user, password and parameters. */
function placeOf({ database, data }: Config, blobs: string): string {
  if (database.url === undefined) return blobs === data ? data : `${data} and ${blobs}`
  const { host, pathname } = new URL(database.url)
  return `postgres://${host}${pathname} and ${blobs}`
}
