import type { Engine, Queries } from '../engine.ts'
import type { AuditEntry } from './entry.ts'
import { NO_HASH, type RecordRow, sealedRow } from './record.ts'

/** A batch is one transaction. */
const BATCH = 500
const NO_HEAD = { sequence: 0, hash: NO_HASH, newest_at: 0, lateness_ms: 0 }

/** Moves entries from the inbox to the end of the chain. */
export interface AuditSealing {
  /** Is there anything to seal? */
  hasWaiting(): Promise<boolean>
  /**
   * Seals up to a batch, durably. Gives how many. Several may try at once: the row of the chain's head lets one at a
   * time do it.
   */
  seal(): Promise<number>
}

export function createAuditSealing(engine: Engine): AuditSealing {
  return {
    async hasWaiting() {
      return (await engine.db.selectFrom('audit_inbox').select('id').limit(1).executeTakeFirst()) !== undefined
    },
    seal: () => engine.write(seal),
  }
}

async function seal(queries: Queries): Promise<number> {
  const waiting = await queries.selectFrom('audit_inbox').selectAll().orderBy('id').limit(BATCH).execute()
  if (waiting.length === 0) return 0
  const head = await queries.selectFrom('audit_head').selectAll().executeTakeFirst()
  let { sequence, hash, newest_at, lateness_ms } = head ?? NO_HEAD
  const rows: RecordRow[] = []
  for (const { entry_id: id, entry } of waiting) {
    sequence += 1
    const row = sealedRow({ sequence, id, previousHash: hash }, JSON.parse(entry) as AuditEntry)
    hash = row.hash
    newest_at = Math.max(newest_at, row.at)
    lateness_ms = Math.max(lateness_ms, newest_at - row.at)
    rows.push(row)
  }
  const last = { sequence, hash, at: (rows.at(-1) as RecordRow).at, newest_at, lateness_ms }
  if (head) await queries.updateTable('audit_head').set(last).where('one', '=', 1).execute()
  else
    await queries
      .insertInto('audit_head')
      .values({ one: 1, ...last })
      .execute()
  await queries.insertInto('audit_records').values(rows).execute()
  const ids = waiting.map(({ id }) => id)
  await queries.deleteFrom('audit_inbox').where('id', 'in', ids).execute()
  return rows.length
}
