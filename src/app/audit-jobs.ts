import { hostname } from 'node:os'
import {
  type AuditSink,
  type CheckpointSigner,
  createSink,
  deliverUntil,
  expireAudit,
  type Outbound,
  type SinkSettings,
  sealUntil,
} from '../features/audit/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import type { Log, Metrics } from '../platform/telemetry/index.ts'
import type { Jobs } from '../stores/jobs/index.ts'
import { openLineFile } from '../stores/line-files/index.ts'
import type { AuditTables } from '../stores/metadata/index.ts'
import type { AuditSettings } from './config/audit-settings.ts'
import { VERSION } from './version.ts'

const DAY_MS = 86_400_000
/** How long it takes until another process goes on where one ended; a run goes on for as long as its process does. */
const AGAIN_SECONDS = 1
const EXPIRE_SECONDS = 3600

export interface AuditWork {
  readonly jobs: Pick<Jobs, 'repeat'>
  readonly tables: AuditTables
  readonly signer: CheckpointSigner
  readonly outbound: Outbound
  readonly log: Log
  readonly metrics: Metrics
}

/** Sealing, retention, and each sink: every one of them by one process at a time, wherever that is. */
export function startAuditJobs(work: AuditWork, settings: AuditSettings): void {
  const { jobs, tables, signer, log } = work
  const rules = { everyRecords: settings.checkpointRecords, everyMs: settings.checkpointMinutes * 60_000 }
  const { sealing, records, checkpoints } = tables
  const sealer = { sealing, records, checkpoints, signer, clock: systemClock }
  jobs.repeat('audit-sealing', AGAIN_SECONDS, signal => sealUntil(signal, sealer, rules))
  const expiry = {
    retentionMs: settings.retentionDays * DAY_MS,
    undeliveredMs: settings.undeliveredDays * DAY_MS,
    sinks: settings.sinks.map(({ name }) => name),
  }
  jobs.repeat('audit-retention', EXPIRE_SECONDS, async signal => {
    const { removed, upTo, missed } = await expireAudit({ tables, clock: systemClock }, expiry, signal)
    if (removed > 0) log.info({ removed, upTo }, 'audit records removed by age')
    if (missed.length > 0) log.error({ sinks: missed, upTo }, 'audit records were removed that sinks never had')
  })
  const emitter = { host: hostname(), version: VERSION }
  for (const each of settings.sinks) {
    const parts = { outbound: work.outbound, emitter, clock: systemClock, openFile: openLineFile }
    startSink(work, createSink(each as SinkSettings, parts))
  }
}

function startSink({ jobs, tables: { records, sinks }, log, metrics: { audit } }: AuditWork, sink: AuditSink): void {
  const delivery = { sink, records, sinks, clock: systemClock }
  jobs.repeat(`audit-sink-${sink.name}`, AGAIN_SECONDS, signal =>
    deliverUntil(signal, delivery, {
      delivered: audit.delivered,
      lag: audit.lag,
      missed(name, count) {
        audit.missed(name, count)
        log.error({ sink: name, records: count }, 'audit records will never reach the sink')
      },
      failed(name, error, retryMs) {
        audit.deliveryFailed(name)
        log.warn(
          { sink: name, err: error, retryMs: Math.round(retryMs) },
          'the audit sink cannot be reached; tried again',
        )
      },
    }),
  )
}
