import type { Engine, Queries } from '../engine.ts'
import { bounded } from './bounded.ts'
import type { AuditEntry } from './entry.ts'

/** Far below what a statement may bind on either engine. */
const BATCH = 500

/**
 * Records `entries` in the transaction of `queries`: they are there when, and only when, the change is. They come into
 * the chain, in this order, within a second (decisions/0010).
 */
export async function appendAudit(queries: Queries, entries: readonly AuditEntry[]): Promise<void> {
  for (let from = 0; from < entries.length; from += BATCH) {
    const rows = entries.slice(from, from + BATCH).map(entry => ({
      entry_id: Bun.randomUUIDv7('hex', entry.at),
      at: entry.at,
      entry: JSON.stringify(bounded(entry)),
    }))
    await queries.insertInto('audit_inbox').values(rows).execute()
  }
}

/** For what has no change of its own: pulls, sign-ins, refusals. */
export interface AuditInbox {
  /** In a transaction of its own, which a power cut may take back. @throws Unavailable, OutcomeUnknown, Moved. */
  record(entries: readonly AuditEntry[]): Promise<void>
}

export function createAuditInbox(engine: Engine): AuditInbox {
  return { record: entries => engine.write(queries => appendAudit(queries, entries), { durable: false }) }
}
