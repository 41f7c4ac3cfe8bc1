import type { Access } from '../features/access/index.ts'
import { orderOf } from '../features/advisories/index.ts'
import { DEFAULT_INVENTORY_LIMITS, inventoryWorkers, Refused, readSbom } from '../features/inventory/index.ts'
import {
  type Attaching,
  attachEverywhere,
  attachToNew,
  forgetInventories,
  type ReadImage,
  type ReadSbom,
  type ScanFact,
  type Scanning,
  type Scans,
  scanUntil,
} from '../features/scanning/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import type { Log, Metrics } from '../platform/telemetry/index.ts'
import type { Metadata } from '../stores/metadata/index.ts'
import { composeMatchNew } from './advisories.ts'
import { composeAttaching } from './attach-sboms.ts'
import type { Berth } from './compose.ts'
import type { Config } from './config/index.ts'
import { sealerOf } from './identity/secret-key.ts'
import { inventoryWorkerCommand } from './inventory-worker-command.ts'
import { VERSION } from './version.ts'

const MIB = 1024 ** 2
/** How long it takes until another server goes on where one ended; a run goes on for as long as its server does. */
const AGAIN_SECONDS = 5
const FORGET_SECONDS = 3600
const ATTACH_SECONDS = 5
/** Half an hour of them: object storage that is out of reach says nothing about images. */
const ATTEMPTS = 8
const RETRY_MS = 15_000
const MOST_SBOM_BYTES = 32 * MIB

export function composeScans({ inventories, advisories, manifests }: Metadata, config: Config, access: Access): Scans {
  return {
    tables: inventories,
    findings: advisories.findings,
    manifests,
    access,
    clock: systemClock,
    sealer: sealerOf(config),
    isEnabled: config.scanning.enabled,
    compareVersions: (ecosystem, a, b) => orderOf(ecosystem)(a, b),
    version: VERSION,
  }
}

/** Images are read by one server at a time, which has processes for it that come after everything that serves. */
export function startScanning(
  { jobs, metadata, stores, content }: Pick<Berth, 'jobs' | 'metadata' | 'stores' | 'content'>,
  config: Config,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): void {
  jobs.repeat('forgotten-inventories', FORGET_SECONDS, async signal => {
    const forgotten = await forgetInventories(metadata.inventories, signal)
    if (forgotten.inventories + forgotten.packages > 0)
      log.info(forgotten, 'what images held that are gone is forgotten')
  })
  if (!config.scanning.enabled) return
  const { workers, memoryMiB } = config.scanning
  const attaching = composeAttaching(metadata, config, { content, log })
  if (attaching) startAttaching(jobs, attaching)
  const scanning: Omit<Scanning, 'readImage'> = {
    tables: metadata.inventories,
    blobLinks: metadata.blobLinks,
    blobs: stores.blobs,
    readSbom: readSbomSafely,
    matchNew: composeMatchNew(metadata),
    wasRead: async digest => attaching && attachEverywhere(attaching, digest),
    clock: systemClock,
    settings: { workers, attempts: ATTEMPTS, retryMs: RETRY_MS, sbomBytes: MOST_SBOM_BYTES },
    observer: {
      ended: (fact: ScanFact) => metrics.scans.ended(fact),
      waiting: count => metrics.scans.waiting(count),
      failed: (image, error, again) =>
        log.warn(
          { err: error, image },
          again ? 'an image cannot be scanned now; tried again' : 'an image cannot be scanned',
        ),
    },
  }
  jobs.repeat('scans', AGAIN_SECONDS, async signal => {
    const pool = inventoryWorkers({ command: inventoryWorkerCommand(), memoryBytes: memoryMiB * MIB })
    try {
      await scanUntil(signal, { ...scanning, readImage: readerOf(pool, config.scanning) })
    } finally {
      pool.stop()
    }
  })
}

/** To images that were known before they came to another repository; those that are new are attached to when read. */
function startAttaching(jobs: Pick<Berth['jobs'], 'repeat'>, attaching: Attaching): void {
  let after = 0
  jobs.repeat('attached-sboms', ATTACH_SECONDS, async signal => {
    after = await attachToNew(attaching, after, signal)
  })
}

function readerOf(
  pool: ReturnType<typeof inventoryWorkers>,
  { seconds, unpackedBytes }: Config['scanning'],
): ReadImage {
  const limits = { ...DEFAULT_INVENTORY_LIMITS, unpackedBytes, timeMs: seconds * 1000 }
  return async (image, signal) => {
    try {
      return await pool.inventoryInWorker(image, { limits, signal })
    } catch (error) {
      if (error instanceof Refused) return { refused: error.message }
      throw error
    }
  }
}

/** What is wrong with a document is wrong however often it is read. */
const readSbomSafely: ReadSbom = async ({ bytes, mediaType }) => {
  try {
    const { about, madeBy, distribution, packages, problems } = readSbom(bytes, mediaType)
    return {
      about,
      madeBy,
      distribution,
      packages: packages.map(each => ({ ...each, layer: undefined, path: '' })),
      problems: problems.map(reason => ({ path: '', reason })),
    }
  } catch (error) {
    return { refused: `The SBOM cannot be used: ${error instanceof Error ? error.message : String(error)}.` }
  }
}
