import { type CheckpointSigner, createRecorder, type Recorder } from '../features/audit/index.ts'
import type { Signing } from '../features/identity/index.ts'
import type { Log, Metrics } from '../platform/telemetry/index.ts'
import type { Metadata } from '../stores/metadata/index.ts'
import type { AuditSettings } from './config/audit-settings.ts'

const TELL_DROPS_MS = 60_000

/** Records what has no change of its own; what the database does not take is tried again and told. */
export function openRecorder({ audit }: Pick<Metadata, 'audit'>, log: Log, metrics: Metrics): Recorder {
  return createRecorder(audit.inbox, {
    failed(error, waiting) {
      metrics.audit.writeFailed()
      log.warn({ err: error, waiting }, 'the audit log cannot be written now; tried again')
    },
    dropped: countDrops(log, metrics),
  })
}

/** Every one is counted; told at most once a minute, for there may be thousands in a second. */
function countDrops(log: Log, metrics: Metrics) {
  let untold = 0
  let toldAt = Number.NEGATIVE_INFINITY
  return (entries: number) => {
    metrics.audit.dropped(entries)
    untold += entries
    const now = performance.now()
    if (now - toldAt < TELL_DROPS_MS) return
    log.error({ entries: untold }, 'entries of the audit log are lost: there was no room for more')
    toldAt = now
    untold = 0
  }
}

/** Checkpoints are signed with the key that signs tokens. */
export function signerOf(signing: Signing | undefined): CheckpointSigner {
  return {
    async sign(bytes) {
      if (!signing) throw new Error('There is no key to sign checkpoints with.')
      return signing.signBytes(bytes)
    },
    verify: async (keyId, bytes, signature) => signing?.verifyBytes(keyId, bytes, signature) ?? false,
  }
}

/** Where there is no key, because nobody signs in and replicas were given none. */
export function withoutCheckpoints(settings: AuditSettings): AuditSettings {
  return { ...settings, checkpointRecords: Number.POSITIVE_INFINITY, checkpointMinutes: Number.POSITIVE_INFINITY }
}
