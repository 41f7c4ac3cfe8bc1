import { type Clock, pause } from '../../platform/clock/index.ts'
import type { AuditCheckpoints, AuditHead, AuditRecords, AuditSealing } from '../../stores/metadata/index.ts'
import { type CheckpointSigner, checkpointEntry, signCheckpoint } from './checkpoint.ts'

export interface Sealer {
  readonly sealing: AuditSealing
  readonly records: Pick<AuditRecords, 'head'>
  readonly checkpoints: Pick<AuditCheckpoints, 'latest' | 'add'>
  readonly signer: CheckpointSigner
  readonly clock: Clock
}

export interface CheckpointRules {
  /** A checkpoint after so many records, */
  readonly everyRecords: number
  /** or when the newest is so old and something was recorded since. */
  readonly everyMs: number
}

const LOOK_MS = 250
/** When so few came, more are waited for: a batch costs a sync of the disk, whatever is in it. */
const FEW = 100
const CHECKPOINT_LOOK_MS = 5000

/** Seals what is recorded, and makes checkpoints, until `signal`. @throws what the database says. */
export async function sealUntil(signal: AbortSignal, sealer: Sealer, rules: CheckpointRules): Promise<void> {
  const start = sealer.clock()
  let looked = start
  while (!signal.aborted) {
    const sealed = (await sealer.sealing.hasWaiting()) ? await sealer.sealing.seal() : 0
    const now = sealer.clock()
    if (sealed > 0 || now - looked >= CHECKPOINT_LOOK_MS) {
      looked = now
      await checkpointIfDue(sealer, rules, start)
    }
    if (sealed < FEW) await pause(LOOK_MS, signal)
  }
}

/** @param since what the time is counted from as long as there is no checkpoint. Gives whether it made one. */
export async function checkpointIfDue(sealer: Sealer, rules: CheckpointRules, since: number): Promise<boolean> {
  const last = await sealer.checkpoints.latest()
  const head = await sealer.records.head()
  const now = sealer.clock()
  const records = head.sequence - (last?.sequence ?? 0)
  // One is the record of the checkpoint itself.
  const isOld = records > (last ? 1 : 0) && now - (last?.at ?? since) >= rules.everyMs
  if (records < rules.everyRecords && !isOld) return false
  return await checkpoint(sealer, head, now)
}

async function checkpoint(sealer: Sealer, { sequence, hash }: AuditHead, at: number): Promise<boolean> {
  const made = await signCheckpoint(sealer.signer, { sequence, hash, at })
  return await sealer.checkpoints.add(made, checkpointEntry(made))
}
