import { join } from 'node:path'
import {
  type Advising,
  type AdvisoryAdministration,
  fetchSources,
  forgetEndedFindings,
  matchChanges,
  matchPackages,
  sourceStatuses,
} from '../features/advisories/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import type { Outbound } from '../platform/outbound/index.ts'
import { Moved } from '../platform/outcome/index.ts'
import type { Log, Metrics } from '../platform/telemetry/index.ts'
import { documentsOf, filesIn, openSpool } from '../stores/advisory-files/index.ts'
import type { BlobStore } from '../stores/blobs/index.ts'
import type { Jobs } from '../stores/jobs/index.ts'
import type { Metadata } from '../stores/metadata/index.ts'
import { parseArtifactAddress, remoteArtifact } from '../stores/remote-registry/index.ts'
import type { Config } from './config/index.ts'
import { readPem, readSecret } from './read-settings.ts'

const DAY_MS = 24 * 3600 * 1000
/** Between two looks at what is due. */
const LOOK_SECONDS = 60
/** How long it takes until another process goes on matching where one ended. */
const MATCH_AGAIN_SECONDS = 2
const UPKEEP_SECONDS = 3600
/** Of figures in metrics: many may scrape. */
const FIGURES_MS = 30_000

export function composeAdvising(
  { advisories }: Metadata,
  config: Config,
  { log, outbound }: { readonly log: Log; readonly outbound: Outbound },
): Advising {
  const { intervalSeconds, staleDays, historyDays, fileBytes } = config.advisories
  const sources = config.advisories.sources.map(({ username, password, ...source }) => ({
    ...source,
    ...(username === undefined || password === undefined
      ? {}
      : { credentials: { username, password: () => readSecret(`advisories.sources.${source.name}`, password) } }),
  }))
  return {
    tables: advisories,
    outbound,
    async openArtifact({ name, url, credentials, caFile }, signal) {
      const known = credentials && { ...credentials, password: await credentials.password() }
      const ca = await readPem(`advisories.sources.${name}.caFile`, caFile)
      return remoteArtifact(outbound, { address: parseArtifactAddress(url), credentials: known, ca, signal })
    },
    openSpool: () => openSpool(join(config.data, 'advisory-files')),
    documentsOf,
    settings: {
      sources,
      intervalMs: intervalSeconds * 1000,
      staleMs: staleDays * DAY_MS,
      historyMs: historyDays * DAY_MS,
      mostBytes: fileBytes,
    },
    clock: systemClock,
    failed(error, source) {
      if (!(error instanceof Moved))
        log.warn({ err: error, source }, 'advisories could not be updated; what was there still counts')
    },
  }
}

export function composeAdvisories(
  metadata: Metadata,
  config: Config,
  { blobs, ...parts }: { readonly log: Log; readonly outbound: Outbound; readonly blobs: BlobStore },
): AdvisoryAdministration {
  const { manifests, blobLinks } = metadata
  return {
    ...composeAdvising(metadata, config, parts),
    artifacts: { manifests, blobLinks, blobs },
    filesIn,
    record: entries => metadata.audit.inbox.record(entries),
  }
}

/** Findings of packages that were not known before; for whoever makes inventories. */
export function composeMatchNew({ advisories }: Metadata): (packageIds: readonly number[]) => Promise<void> {
  return ids => matchPackages({ tables: advisories, clock: systemClock }, ids)
}

/** Updates on schedule, and matches what any update changed: by one process at a time, wherever that is. */
export function startAdvisories(
  { jobs, metadata }: { readonly jobs: Pick<Jobs, 'repeat'>; readonly metadata: Metadata },
  config: Config,
  { log, metrics, outbound }: { readonly log: Log; readonly metrics: Metrics; readonly outbound: Outbound },
): void {
  const advising = composeAdvising(metadata, config, { log, outbound })
  exposeFigures(advising, metrics, log)
  if (config.advisories.intervalSeconds > 0)
    jobs.repeat('advisory-updates', LOOK_SECONDS, async signal => {
      const heard = (fetched: { readonly outcome: string }) => {
        if (fetched.outcome === 'used') log.info(fetched, 'advisories were updated')
      }
      await fetchSources(advising, { signal, isScheduled: true, heard })
    })
  jobs.repeat('advisory-matching', MATCH_AGAIN_SECONDS, async signal => {
    const matched = await matchChanges(advising, signal)
    metrics.advisories.matched(matched)
    if (matched.found + matched.ended > 0) log.info(matched, 'what packages are known to have changed')
  })
  jobs.repeat('advisory-upkeep', UPKEEP_SECONDS, async signal => {
    await forgetEndedFindings(advising, signal)
    const stale = (await sourceStatuses(advising)).filter(({ isStale }) => isStale)
    for (const { id, ageMs, problem } of stale)
      log.warn(
        { source: id, ageMs, problem },
        'advisories are old: run berth advisories update, or look at why it fails',
      )
  })
}

/** Figures for whoever scrapes metrics: as the database has them, at most so old. */
function exposeFigures(advising: Advising, metrics: Metrics, log: Log): void {
  const read = async () => ({ sources: await sourceStatuses(advising), ...(await advising.tables.lookup.counts()) })
  let figures: ReturnType<typeof read> | undefined
  let until = 0
  metrics.advisories.readBy(() => {
    if (!figures || systemClock() > until) {
      figures = read().catch(error => {
        log.warn({ err: error }, 'figures of advisories cannot be read now')
        return { sources: [], findings: {} }
      })
      until = systemClock() + FIGURES_MS
    }
    return figures
  })
}
