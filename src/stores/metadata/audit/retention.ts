import type { Engine } from '../engine.ts'
import type { Checkpoint } from './checkpoints.ts'

/** Shortens the chain at its beginning. */
export interface AuditRetention {
  /** The sequence of the oldest record there is; undefined when there is none. */
  oldest(): Promise<number | undefined>
  /** The newest checkpoint that was made before `at` and whose sequence is `sequence` at most. */
  checkpointBefore(at: number, sequence: number): Promise<Checkpoint | undefined>
  /**
   * Removes up to `limit` of the oldest records up to the checkpoint's, which stays as what the rest is anchored to;
   * older checkpoints go with the last. Gives how many records went: fewer than `limit` when all are gone.
   */
  remove(checkpoint: Checkpoint, limit: number): Promise<number>
}

export function createAuditRetention(engine: Engine): AuditRetention {
  return {
    async oldest() {
      const row = await engine.db
        .selectFrom('audit_records')
        .select('sequence')
        .orderBy('sequence')
        .limit(1)
        .executeTakeFirst()
      return row?.sequence
    },
    checkpointBefore: (at, sequence) =>
      engine.db
        .selectFrom('audit_checkpoints')
        .select(['sequence', 'hash', 'at', 'key_id as keyId', 'signature'])
        .where('at', '<', at)
        .where('sequence', '<=', sequence)
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst(),
    remove: ({ sequence }, limit) =>
      engine.write(async queries => {
        const oldest = queries
          .selectFrom('audit_records')
          .select('sequence')
          .where('sequence', '<=', sequence)
          .orderBy('sequence')
          .limit(limit)
        const removed = await queries.deleteFrom('audit_records').where('sequence', 'in', oldest).executeTakeFirst()
        const count = Number(removed.numDeletedRows)
        if (count < limit) await queries.deleteFrom('audit_checkpoints').where('sequence', '<', sequence).execute()
        return count
      }),
  }
}
