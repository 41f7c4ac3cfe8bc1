import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Content, UploadHashes } from '../features/content/index.ts'
import type { CollectRules, GarbageCollection } from '../features/lifecycle/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import { Unavailable } from '../platform/outcome/index.ts'
import { type BlobStores, filesystemBlobStores, openObjectStores } from '../stores/blobs/index.ts'
import {
  hasPostgresMetadata,
  type Metadata,
  type MigrationReport,
  openPostgresMetadata,
  openSqliteMetadata,
  type PostgresOptions,
} from '../stores/metadata/index.ts'
import { checkStorage } from './check-storage.ts'
import { CommandError } from './command-error.ts'
import type { Config } from './config/index.ts'

/** Berth without a way in: stores opened, features on top of them. */
export interface Berth extends AsyncDisposable {
  readonly metadata: Metadata
  readonly stores: BlobStores
  readonly content: Content
  readonly garbage: GarbageCollection
  readonly migration: MigrationReport
}

export async function compose(config: Config, instance: string): Promise<Berth> {
  const { metadata, migration } = await openMetadata(config)
  const stores = await openWhole(config, metadata).catch(async error => {
    await metadata.close()
    throw error
  })
  const content: Content = {
    repositories: metadata.repositories,
    blobLinks: metadata.blobLinks,
    manifests: metadata.manifests,
    tags: metadata.tags,
    referrers: metadata.referrers,
    sessions: metadata.uploads,
    blobs: stores.blobs,
    uploads: stores.uploads,
    hashes: new UploadHashes(),
    limits: config.limits,
    rules: { sparseManifests: config.manifests.sparse, graceMs: config.gc.graceSeconds * 1000 },
    clock: systemClock,
    claimLeaseMs: stores.exclusive ? undefined : config.blobs.claimSeconds * 1000,
    instance,
  }
  const garbage: GarbageCollection = {
    collection: metadata.collection,
    condemned: metadata.condemned,
    staleUploads: metadata.staleUploads,
    blobs: stores.blobs,
    uploads: stores.uploads,
    clock: systemClock,
    instance,
  }
  return { metadata, stores, content, garbage, migration, [Symbol.asyncDispose]: () => metadata.close() }
}

/** For commands beside a server: never makes a registry where there is none. @throws CommandError. */
export async function openExisting(config: Config, command: string): Promise<Berth> {
  const database = postgresOf(config)
  if (database ? await hasPostgresMetadata(database) : existsSync(metadataFile(config)))
    return compose(config, `${command}-${crypto.randomUUID().slice(0, 8)}`)
  if (database) throw new CommandError('There is no registry in the database: start the server on it first.')
  throw new CommandError(`There is no registry in ${config.data}: give its folder with --data or BERTH_DATA.`)
}

/** @param receiving a registry is to be copied into it. */
export async function openMetadata(
  config: Config,
  receiving = false,
): Promise<{ metadata: Metadata; migration: MigrationReport }> {
  const database = postgresOf(config)
  return database ? openPostgresMetadata({ ...database, receiving }) : openSqliteMetadata(metadataFile(config))
}

async function openWhole(config: Config, metadata: Metadata): Promise<BlobStores> {
  if ((await metadata.relocation.find())?.state === 'receiving') {
    throw new CommandError(
      'A registry is being copied to this place, or that was cut off: run berth migrate-store or berth restore again until it ends.',
    )
  }
  return openStores(config, metadata)
}

/** Where the blobs lie; tied to the metadata unless both are in one folder. */
async function openStores(config: Config, metadata: Metadata): Promise<BlobStores> {
  const stores = await storesAt(config, metadata)
  if (isTied(config)) await tieStorage(metadata, stores)
  return stores
}

export async function storesAt({ data, blobs: { url } }: Config, metadata: Metadata): Promise<BlobStores> {
  return url === undefined ? filesystemBlobStores(data) : await openObjectStores(url, metadata.uploadNotes)
}

/** Where metadata and blobs are in one folder nothing can be paired wrongly. */
export function isTied({ blobs, database }: Config): boolean {
  return blobs.url !== undefined || database.url !== undefined
}

export function tieStorage(metadata: Metadata, stores: BlobStores): Promise<void> {
  return checkStorage(metadata.storage, stores).catch(error => {
    if (error instanceof CommandError || error instanceof Unavailable) throw error
    throw new CommandError(`The storage ${stores.place} cannot be used: ${messageOf(error)}`, { cause: error })
  })
}

function postgresOf({ database: { url, ...rest } }: Config): PostgresOptions | undefined {
  return url === undefined ? undefined : { url, ...rest }
}

function metadataFile(config: Config): string {
  return join(config.data, 'berth.db')
}

export function lockFile(config: Config): string {
  return join(config.data, 'server.lock')
}

export function collectRules({ gc }: Config): CollectRules {
  return {
    graceMs: gc.graceSeconds * 1000,
    uploadMs: gc.uploadSeconds * 1000,
    untagged: gc.untagged,
    removalDelayMs: gc.removalDelaySeconds * 1000,
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
