import { repositoryOf } from '../features/access/index.ts'
import {
  createRunRetention,
  PreviewTurns,
  PULL_MEMORY_LIMITS,
  type PullMemory,
  type RetentionAdministration,
  type RunFact,
  type RunRetention,
  rememberPulls,
  workOnRuns,
} from '../features/retention/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import { Moved } from '../platform/outcome/index.ts'
import type { Log, Metrics } from '../platform/telemetry/index.ts'
import type { Jobs } from '../stores/jobs/index.ts'
import type { Metadata } from '../stores/metadata/index.ts'
import type { Config } from './config/index.ts'
import type { RequestRecord } from './serve/record.ts'

/** How long it takes until another process goes on where one ended; a run goes on for as long as its process does. */
const AGAIN_SECONDS = 1

const DAY_MS = 24 * 3600 * 1000

function retentionRunner(metadata: Metadata, config: Config): RunRetention {
  const { retentionFacts: facts, retentionRemoval: removal } = metadata
  return createRunRetention({ facts, removal, clock: systemClock, trashMs: config.trash.days * DAY_MS })
}

export function retentionAdministration(metadata: Metadata, config: Config, log: Log): RetentionAdministration {
  return {
    policies: metadata.retentionPolicies,
    runs: metadata.retentionRuns,
    run: retentionRunner(metadata, config),
    turns: new PreviewTurns(),
    clock: systemClock,
    brokeOff: error => log.warn({ err: error }, 'a preview of a retention policy broke off'),
  }
}

/** When images are pulled, for rules that ask. */
export function openPullMemory(metadata: Metadata, config: Config, log: Log): PullMemory {
  const parts = {
    lastPulls: metadata.lastPulls,
    policies: metadata.retentionPolicies,
    clock: systemClock,
    failed(error: unknown) {
      // It serves pulls to its end, and their times are for where it has gone.
      if (error instanceof Moved) return
      log.warn({ err: error }, 'the times of pulls cannot be written down now; tried again')
    },
  }
  return rememberPulls(parts, { ...PULL_MEMORY_LIMITS, flushMs: config.retention.recordPullsSeconds * 1000 })
}

/** The record of requests, whose pulls are remembered too. */
export function withPulls(record: RequestRecord, memory: PullMemory): RequestRecord {
  return {
    ...record,
    pulled(permit, manifest) {
      record.pulled(permit, manifest)
      memory.pulled({ repository: repositoryOf(permit), digest: manifest.digest, by: permit.principal.name })
    },
  }
}

/** Schedules and runs: by one process at a time, wherever that is. */
export function startRetention(
  { jobs, metadata }: { readonly jobs: Pick<Jobs, 'repeat'>; readonly metadata: Metadata },
  config: Config,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): void {
  const work = {
    policies: metadata.retentionPolicies,
    runs: metadata.retentionRuns,
    run: retentionRunner(metadata, config),
    clock: systemClock,
    ended(fact: RunFact) {
      metrics.retained(fact)
      report(fact, log)
    },
  }
  jobs.repeat('retention', AGAIN_SECONDS, signal => workOnRuns(signal, work))
}

function report(fact: RunFact, log: Log): void {
  if (fact.outcome === 'failed') log.error(fact, 'a run of a retention policy failed')
  else if (fact.outcome === 'fuse')
    log.warn(fact, 'a run of a retention policy would have deleted too much, and deleted nothing')
  else log.info(fact, 'a run of a retention policy ended')
}
