import { entryOf } from '../features/access/index.ts'
import type { Recorder } from '../features/audit/index.ts'
import type { GateSubject, PullGate } from '../features/content/index.ts'
import {
  type Breach,
  because,
  createPullGate,
  findingText,
  ownerText,
  type PullPolicyAdministration,
  readAttachedUntil,
  TOLD_FINDINGS,
} from '../features/vulnerability-policy/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import type { Log, Metrics } from '../platform/telemetry/index.ts'
import type { BlobStores } from '../stores/blobs/index.ts'
import type { Jobs } from '../stores/jobs/index.ts'
import type { AuditEntry, Metadata } from '../stores/metadata/index.ts'

/** How long it takes until another server goes on where one ended; a run goes on for as long as its server does. */
const AGAIN_SECONDS = 1

export function composePullPolicies({
  pullPolicies,
  advisories,
  manifests,
}: Metadata): Omit<PullPolicyAdministration, 'access'> {
  return {
    store: pullPolicies,
    findingsOf: (repository, digest) => advisories.findings.of(repository, digest),
    manifests,
    clock: systemClock,
  }
}

/** What is asked before a pull; refusals and dry runs are recorded as pulls are: many alike as one. */
export function openPullGate(metadata: Metadata, recorder: Recorder, metrics: Pick<Metrics, 'pullBreached'>): PullGate {
  return createPullGate({
    ...composePullPolicies(metadata),
    breached(subject, mode, breaches) {
      metrics.pullBreached(mode)
      if (mode !== 'warn') recorder.record(entryOfBreach(subject, mode, breaches))
    },
  })
}

function entryOfBreach(
  { permit, digest, tag }: GateSubject,
  mode: 'dry run' | 'enforce',
  breaches: readonly Breach[],
): AuditEntry {
  const findings = breaches.flatMap(breach => breach.findings)
  return entryOf(permit, {
    at: systemClock(),
    type: mode === 'enforce' ? 'manifest.pull' : 'vulnerability-policy.dry-run',
    category: 'data read',
    outcome: mode === 'enforce' ? 'denied' : 'success',
    reason: breaches.map(because).join('; ').slice(0, 1000),
    resource: { digest, ...(tag === undefined ? {} : { tag }) },
    detail: {
      policies: [...new Set(breaches.map(({ project }) => ownerText(project)))],
      rules: breaches.map(({ rule }) => rule),
      findings: findings.slice(0, TOLD_FINDINGS).map(findingText),
      count: breaches.reduce((sum, breach) => sum + breach.findings.length + breach.more, 0),
    },
  })
}

/** What is attached to images is read by one process at a time, wherever that is. */
export function startPullPolicies(
  { jobs, metadata, stores }: { jobs: Pick<Jobs, 'repeat'>; metadata: Metadata; stores: Pick<BlobStores, 'blobs'> },
  log: Log,
): void {
  const { blobLinks, pullPolicies } = metadata
  jobs.repeat('vex-attached', AGAIN_SECONDS, signal =>
    readAttachedUntil(signal, {
      documents: pullPolicies.vex,
      async readBlob(repository, digest, mostBytes) {
        const blob = await blobLinks.find(repository, digest)
        if (!blob || blob.sizeBytes > mostBytes) return undefined
        return new Response(await stores.blobs.read(blob)).bytes()
      },
      clock: systemClock,
      failed: (error, image) => log.warn({ err: error, image }, 'what is attached to an image cannot be read'),
    }),
  )
}
