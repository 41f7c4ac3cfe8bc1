import { type CheckpointSigner, createRecorder, type Recorder } from '../features/audit/index.ts'
import type { Signing } from '../features/identity/index.ts'
import type { Log } from '../platform/telemetry/index.ts'
import type { Metadata } from '../stores/metadata/index.ts'
import type { AuditSettings } from './config/audit-settings.ts'

/** Records what has no change of its own; what the database does not take is tried again and told. */
export function openRecorder({ audit }: Metadata, log: Log): Recorder {
  return createRecorder(audit.inbox, {
    failed: (error, waiting) => log.warn({ err: error, waiting }, 'the audit log cannot be written now; tried again'),
    dropped: entries => log.error({ entries }, 'entries of the audit log are lost: there was no room for more'),
  })
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
