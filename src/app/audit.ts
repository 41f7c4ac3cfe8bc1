import { type CheckpointSigner, createRecorder, type Recorder, sealUntil } from '../features/audit/index.ts'
import type { Signing } from '../features/identity/index.ts'
import { systemClock } from '../platform/clock/index.ts'
import type { Log } from '../platform/telemetry/index.ts'
import type { Metadata } from '../stores/metadata/index.ts'

/** Records what has no change of its own; what the database does not take is tried again and told. */
export function openRecorder({ audit }: Metadata, log: Log): Recorder {
  return createRecorder(audit.inbox, {
    failed: (error, waiting) => log.warn({ err: error, waiting }, 'the audit log cannot be written now; tried again'),
    dropped: entries => log.error({ entries }, 'entries of the audit log are lost: there was no room for more'),
  })
}

const CHECKPOINT_RECORDS = 10_000
const CHECKPOINT_MS = 10 * 60_000
const NEVER = Number.POSITIVE_INFINITY

/** Brings what is recorded into the chain, until `signal`. Without keys there are no checkpoints. */
export function sealAudit({ audit }: Metadata, signing: Signing | undefined, signal: AbortSignal): Promise<void> {
  const { sealing, records, checkpoints } = audit
  const rules = signing
    ? { everyRecords: CHECKPOINT_RECORDS, everyMs: CHECKPOINT_MS }
    : { everyRecords: NEVER, everyMs: NEVER }
  return sealUntil(signal, { sealing, records, checkpoints, signer: signerOf(signing), clock: systemClock }, rules)
}

function signerOf(signing: Signing | undefined): CheckpointSigner {
  return {
    async sign(bytes) {
      if (!signing) throw new Error('There is no key to sign checkpoints with.')
      return signing.signBytes(bytes)
    },
    verify: async (keyId, bytes, signature) => signing?.verifyBytes(keyId, bytes, signature) ?? false,
  }
}
