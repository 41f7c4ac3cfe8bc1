import { describeUntil } from '../features/catalog/index.ts'
import type { Signing } from '../features/identity/index.ts'
import { collectGarbage } from '../features/lifecycle/index.ts'
import { removeExpiredLimits } from '../features/limits/index.ts'
import { keepUsageHistory } from '../features/quotas/index.ts'
import { forgetHistory } from '../features/repositories/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import type { Outbound } from '../platform/outbound/index.ts'
import { Moved } from '../platform/outcome/index.ts'
import type { Log, Metrics } from '../platform/telemetry/index.ts'
import type { JobFact } from '../stores/jobs/index.ts'
import { startAdvisories } from './advisories.ts'
import { signerOf, withoutCheckpoints } from './audit.ts'
import { startAuditJobs } from './audit-jobs.ts'
import { type Berth, collectRules } from './compose.ts'
import type { Config } from './config/index.ts'
import { startPullPolicies } from './pull-policies.ts'
import { startRetention } from './retention.ts'
import { startScanners } from './scanners.ts'
import { startScanning } from './scanning.ts'

const DAY_MS = 24 * 3600 * 1000
const UPKEEP_SECONDS = 3600
/** How long it takes until another server goes on with describing; a run goes on for as long as its server does. */
const DESCRIBE_AGAIN_SECONDS = 5
/** Shown in lists for so long, that people see what became of a token. */
const ENDED_KEPT_MS = 30 * DAY_MS

/** Work that servers do by themselves; of several on one database each job runs on one of them at a time. */
export async function startJobs(
  { jobs, garbage, metadata, stores, content }: Pick<Berth, 'jobs' | 'garbage' | 'metadata' | 'stores' | 'content'>,
  config: Config,
  { log, metrics, signing, outbound }: { log: Log; metrics: Metrics; signing: Signing | undefined; outbound: Outbound },
): Promise<void> {
  await jobs.start({
    settled(fact) {
      metrics.jobSettled(fact)
      report(fact, log)
    },
    fault: error => log.warn({ err: error }, 'jobs cannot be looked after now; tried again'),
  })
  const work = { jobs, tables: metadata.audit, signer: signerOf(signing), outbound, log, metrics }
  startAuditJobs(work, signing ? config.audit : withoutCheckpoints(config.audit))
  startRetention({ jobs, metadata }, config, { log, metrics })
  startAdvisories({ jobs, metadata }, config, { log, metrics, outbound })
  startPullPolicies({ jobs, metadata, stores }, log)
  startScanners({ jobs, metadata }, config, { log, signing, outbound })
  startScanning({ jobs, metadata, stores, content }, config, { log, metrics })
  jobs.repeat('identity-upkeep', UPKEEP_SECONDS, async signal => {
    await signing?.rotate()
    await metadata.identities.credentials.removeEnded(systemClock() - ENDED_KEPT_MS)
    const limits = { windows: metadata.rateWindows, signIns: metadata.signInRecords }
    await removeExpiredLimits(limits, systemClock, signal)
  })
  const { sampleSeconds, historyDays } = config.usage
  jobs.repeat('usage-history', sampleSeconds, async signal => {
    const quotas = { usage: metadata.usage, clock: systemClock }
    await keepUsageHistory(quotas, { keptMs: historyDays * DAY_MS }, signal)
  })
  const describing = {
    descriptions: metadata.details.descriptions,
    blobLinks: metadata.blobLinks,
    blobs: stores.blobs,
    clock: systemClock,
    failed: (error: unknown, image: string) => log.warn({ err: error, image }, 'the config of an image cannot be read'),
  }
  jobs.repeat('image-details', DESCRIBE_AGAIN_SECONDS, signal => describeUntil(signal, describing))
  jobs.repeat('tag-history', UPKEEP_SECONDS, async signal => {
    const forgotten = await forgetHistory({ history: metadata.tagHistory, clock: systemClock }, config.history, signal)
    if (forgotten > 0) log.info({ changes: forgotten }, 'old changes of tags are no longer remembered')
  })
  if (config.gc.intervalSeconds > 0) {
    const rules = collectRules(config)
    jobs.repeat('garbage-collection', config.gc.intervalSeconds, async signal => {
      const collected = await collectGarbage(garbage, rules, { dryRun: false, signal })
      metrics.collected({ objects: collected.objects, bytes: collected.freedBytes, trash: collected.trash })
      if (collected.trash + collected.blobLinks + collected.manifests + collected.uploads + collected.objects > 0)
        log.info(collected, 'garbage collected')
    })
  }
}

function report({ job, outcome, error }: JobFact, log: Log): void {
  if (error instanceof Moved) log.info({ job, reason: error.message }, 'the registry is moved, so this is not done')
  else if (outcome === 'failed') log.error({ err: error, job }, 'a job failed; it is run again')
  if (outcome === 'given-up') log.error({ err: error, job }, 'a job failed for the last time and was given up')
  if (outcome === 'interrupted') log.info({ job, reason: String(error) }, 'a job was interrupted; it is run again')
}
