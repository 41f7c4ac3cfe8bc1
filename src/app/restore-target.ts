import type { CopyTarget } from '../features/copying/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import { type Metadata, takeServerLock } from '../stores/metadata/index.ts'
import { CommandError } from './command-error.ts'
import { lockFile, openMetadata } from './compose.ts'
import type { Config } from './config/index.ts'
import { isTied, storesAt, tieStorage } from './open-stores.ts'

export interface RestoreTarget extends AsyncDisposable {
  readonly target: CopyTarget & { prepare(): Promise<void> }
  readonly metadata: Metadata
}

/** The registry of these settings, to be filled; servers are kept from it. @throws CommandError. */
export async function openRestoreTarget(config: Config): Promise<RestoreTarget> {
  const lock = takeServerLock(lockFile(config))
  if (!lock) throw new CommandError(`A Berth serves ${config.data}: stop it first.`)
  try {
    const { metadata } = await openMetadata(config, true)
    const stores = await storesAt(config, metadata)
    return {
      metadata,
      target: {
        tables: metadata.tables,
        relocation: metadata.relocation,
        sessions: metadata.uploads,
        uploads: stores.uploads,
        clock: systemClock,
        prepare: async () => (isTied(config) ? tieStorage(metadata, stores) : undefined),
      },
      async [Symbol.asyncDispose]() {
        await metadata.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}
