import type { Engine } from '../engine.ts'
import { appendAudit } from './append.ts'
import type { AuditEntry } from './entry.ts'

/** Says, signed, what the chain was at a moment. */
export interface Checkpoint {
  readonly sequence: number
  /** Of the record with that sequence. */
  readonly hash: string
  /** When it was made; milliseconds since the epoch. Its record, and all before, were sealed by then. */
  readonly at: number
  readonly keyId: string
  /** Base64url. */
  readonly signature: string
}

export interface AuditCheckpoints {
  /** The newest. */
  latest(): Promise<Checkpoint | undefined>
  /** Keeps it, and records `entry`, in one; false when there is one of that sequence already. */
  add(checkpoint: Checkpoint, entry: AuditEntry): Promise<boolean>
  /** Oldest first, those after `sequence`. */
  after(sequence: number, limit: number): Promise<readonly Checkpoint[]>
}

const COLUMNS = ['sequence', 'hash', 'at', 'key_id as keyId', 'signature'] as const

export function createAuditCheckpoints(engine: Engine): AuditCheckpoints {
  return {
    latest: () =>
      engine.db.selectFrom('audit_checkpoints').select(COLUMNS).orderBy('sequence', 'desc').limit(1).executeTakeFirst(),
    add: ({ keyId, ...checkpoint }, entry) =>
      engine.write(async queries => {
        const added = await queries
          .insertInto('audit_checkpoints')
          .values({ ...checkpoint, key_id: keyId })
          .onConflict(conflict => conflict.column('sequence').doNothing())
          .executeTakeFirst()
        if (added.numInsertedOrUpdatedRows !== 1n) return false
        await appendAudit(queries, [entry])
        return true
      }),
    after: (sequence, limit) =>
      engine.db
        .selectFrom('audit_checkpoints')
        .select(COLUMNS)
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .limit(limit)
        .execute(),
  }
}
