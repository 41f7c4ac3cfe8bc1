import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Content, UploadHashes } from '../features/content/index.ts'
import type { CollectRules, GarbageCollection } from '../features/lifecycle/index.ts'
import { pushQuotas } from '../features/quotas/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import type { BlobStores } from '../stores/blobs/index.ts'
import { type Jobs, openPostgresJobs, openSqliteJobs } from '../stores/jobs/index.ts'
import {
  hasPostgresMetadata,
  type Metadata,
  type MigrationReport,
  type OpenedMetadata,
  openPostgresMetadata,
  openSqliteMetadata,
  type PostgresOptions,
} from '../stores/metadata/index.ts'
import { CommandError } from './command-error.ts'
import type { Config } from './config/index.ts'
import { openStores } from './open-stores.ts'

const DAY_MS = 24 * 3600 * 1000

/** Berth without a way in: stores opened, features on top of them. */
export interface Berth extends AsyncDisposable {
  readonly metadata: Metadata
  readonly stores: BlobStores
  readonly content: Content
  readonly garbage: GarbageCollection
  readonly jobs: Jobs
  readonly migration: MigrationReport
}

export async function compose(config: Config, instance: string): Promise<Berth> {
  const { metadata, migration, jobs } = await openDatabase(config)
  const stores = await openStores(config, metadata).catch(async error => {
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
    quotas: pushQuotas({ usage: metadata.usage, clock: systemClock }),
    limits: config.limits,
    rules: {
      sparseManifests: config.manifests.sparse,
      graceMs: config.gc.graceSeconds * 1000,
      trashMs: config.trash.days * DAY_MS,
    },
    clock: systemClock,
    claimLeaseMs: stores.exclusive ? undefined : config.blobs.claimSeconds * 1000,
    instance,
  }
  const garbage: GarbageCollection = {
    collection: metadata.collection,
    trash: metadata.trash,
    condemned: metadata.condemned,
    staleUploads: metadata.staleUploads,
    blobs: stores.blobs,
    uploads: stores.uploads,
    clock: systemClock,
    claimMs: config.blobs.claimSeconds * 1000,
    instance,
  }
  return {
    metadata,
    stores,
    content,
    garbage,
    jobs,
    migration,
    async [Symbol.asyncDispose]() {
      await jobs.stop()
      await metadata.close()
    },
  }
}

/** For commands beside a server: never makes a registry where there is none. @throws CommandError. */
export async function openExisting(config: Config, command: string): Promise<Berth> {
  const database = postgresOf(config)
  if (database ? await hasPostgresMetadata(database) : existsSync(metadataFile(config)))
    return compose(config, `${command}-${crypto.randomUUID().slice(0, 8)}`)
  if (database) throw new CommandError('There is no registry in the database: start the server on it first.')
  throw new CommandError(`There is no registry in ${config.data}: give its folder with --data or BERTH_DATA.`)
}

async function openDatabase(config: Config): Promise<OpenedMetadata & { readonly jobs: Jobs }> {
  const opened = await openMetadata(config)
  const database = postgresOf(config)
  // The server's lock lets one server use the folder, and of its processes one works on jobs.
  const jobs = database ? openPostgresJobs(opened.engine, database) : openSqliteJobs(opened.engine, { alone: true })
  return { ...opened, jobs }
}

/** @param receiving a registry is to be copied into it. */
export async function openMetadata(config: Config, receiving = false): Promise<OpenedMetadata> {
  const database = postgresOf(config)
  return database ? openPostgresMetadata({ ...database, receiving }) : openSqliteMetadata(metadataFile(config))
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
