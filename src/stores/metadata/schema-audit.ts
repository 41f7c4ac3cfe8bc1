import type { Generated } from 'kysely'

/** The audit log's tables; times are milliseconds since the epoch, hashes SHA-256 in hex. */
export interface AuditSchema {
  /** Entries that are committed and not yet in the chain (decisions/0010). */
  audit_inbox: {
    id: Generated<number>
    /** UUIDv7, and so the record's. */
    entry_id: string
    at: number
    /** The entry, JSON. */
    entry: string
  }
  /** The chain; only ever appended to at its end, and shortened at its beginning by retention. */
  audit_records: AuditColumns & {
    /** From 1 on, without gaps. */
    sequence: number
    id: string
    /** Canonical JSON (RFC 8785) of the record, its sequence and the hash of the record before. */
    body: string
    /** Of the body's UTF-8. */
    hash: string
  }
  /** The chain's last record; at most the row `one` = 1. */
  audit_head: {
    one: 1
    sequence: number
    hash: string
    at: number
    /** The largest `at` of all records so far. */
    newest_at: number
    /** By how much at most a record was older than one before it: entries are sealed in the order in which they came. */
    lateness_ms: number
  }
  audit_checkpoints: {
    sequence: number
    hash: string
    at: number
    key_id: string
    /** Base64url. */
    signature: string
  }
  /** How far each receiver of the log has it. */
  audit_sinks: { name: string; cursor: number; updated_at: number }
}

/** What the body says too, to be searched by. */
export interface AuditColumns {
  at: number
  type: string
  category: string
  outcome: string
  actor_id: string
  actor_name: string
  project: string | null
  repository: string | null
  digest: string | null
  address: string | null
}
