import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { type AdvisoryMetrics, createAdvisoryMetrics } from './advisory-metrics.ts'
import { type AuditMetrics, createAuditMetrics } from './audit-metrics.ts'
import { RequestMetrics } from './request-metrics.ts'
import { createRetentionMetrics, type RetentionFact } from './retention-metrics.ts'
import { createScanMetrics, type ScanMetrics } from './scan-metrics.ts'

export interface RequestFact {
  /** The endpoint, never the path: paths are without number. */
  readonly route: string
  readonly method: string
  readonly status: number
  readonly durationMs: number
}

export interface Metrics {
  request(fact: RequestFact): void
  requestStarted(): void
  received(bytes: number): void
  /** A blob was asked of the disk cache. */
  cached(outcome: string): void
  collected(fact: { readonly objects: number; readonly bytes: number; readonly trash: number }): void
  readonly audit: AuditMetrics
  readonly advisories: AdvisoryMetrics
  retained(fact: RetentionFact): void
  readonly scans: ScanMetrics
  /** A pull that a vulnerability policy is against, by what comes of that. */
  pullBreached(mode: string): void
  jobSettled(fact: { readonly job: string; readonly outcome: string }): void
  /** The text exposition format of Prometheus. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>
  /** For merging with other processes' figures: {@link mergeMetrics}. */
  snapshot(): Promise<unknown>
}

export function createMetrics(version: string): Metrics {
  const registers = [new Registry()]
  const registry = registers[0] as Registry
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'berth_build_info',
    help: 'Always 1; the version is a label.',
    labelNames: ['version'],
    registers,
    aggregator: 'first',
  }).set({ version }, 1)
  const requests = new RequestMetrics(registry)
  let inFlight = 0
  new Gauge({
    name: 'berth_http_requests_in_flight',
    help: 'Requests being answered.',
    registers,
    collect() {
      this.set(inFlight)
    },
  })
  const receivedBytes = new Counter({
    name: 'berth_upload_received_bytes_total',
    help: 'Bytes of blobs taken in.',
    registers,
  })
  const cacheReads = new Counter({
    name: 'berth_cache_reads_total',
    help: 'Blobs asked of the disk cache, by what came of it.',
    labelNames: ['outcome'],
    registers,
  })
  const collectedObjects = new Counter({
    name: 'berth_gc_removed_objects_total',
    help: 'Stored objects removed by garbage collection.',
    registers,
  })
  const collectedBytes = new Counter({
    name: 'berth_gc_freed_bytes_total',
    help: 'Bytes freed by garbage collection.',
    registers,
  })
  const endedTrash = new Counter({
    name: 'berth_trash_ended_total',
    help: 'Entries of the trash whose time was over.',
    registers,
  })
  const jobs = new Counter({
    name: 'berth_jobs_total',
    help: 'Runs of jobs by what became of them.',
    labelNames: ['job', 'outcome'],
    registers,
  })
  const breachedPulls = new Counter({
    name: 'berth_vulnerability_policy_pulls_total',
    help: 'Pulls that a vulnerability policy is against, by its mode.',
    labelNames: ['mode'],
    registers,
  })
  return {
    request(fact) {
      requests.count(fact.route, fact.method, fact.status, fact.durationMs / 1000)
      inFlight -= 1
    },
    requestStarted() {
      inFlight += 1
    },
    received: bytes => receivedBytes.inc(bytes),
    cached: outcome => cacheReads.inc({ outcome }),
    collected({ objects, bytes, trash }) {
      endedTrash.inc(trash)
      collectedObjects.inc(objects)
      collectedBytes.inc(bytes)
    },
    audit: createAuditMetrics(registers),
    advisories: createAdvisoryMetrics(registers),
    retained: createRetentionMetrics(registers),
    scans: createScanMetrics(registers),
    pullBreached: mode => breachedPulls.inc({ mode }),
    jobSettled: ({ job, outcome }) => jobs.inc({ job, outcome }),
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    snapshot: () => registry.getMetricsAsJSON(),
  }
}

/** One exposition of the snapshots of several processes. */
export async function mergeMetrics(
  snapshots: readonly unknown[],
): Promise<{ readonly contentType: string; readonly text: string }> {
  const merged = AggregatorRegistry.aggregate(snapshots as object[])
  return { contentType: merged.contentType, text: await merged.metrics() }
}
