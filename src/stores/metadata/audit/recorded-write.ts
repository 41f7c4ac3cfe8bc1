import type { Engine, Queries } from '../engine.ts'
import { appendAudit } from './append.ts'
import type { AuditEntry } from './entry.ts'

/** What the record says of a change, by its outcome. Pure: a transaction may be run again. */
export type Recording<Result> = (result: Result) => readonly AuditEntry[]

/** A transaction that is recorded when, and only when, it is committed. */
export function recordedWrite<Result>(
  engine: Engine,
  record: Recording<Result> | undefined,
  work: (queries: Queries) => Promise<Result>,
): Promise<Result> {
  if (!record) return engine.write(work)
  return engine.write(async queries => {
    const result = await work(queries)
    await appendAudit(queries, record(result))
    return result
  })
}
