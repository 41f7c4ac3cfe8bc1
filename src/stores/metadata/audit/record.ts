import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { AuditColumns, AuditSchema } from '../schema-audit.ts'
import type { AuditEntry, AuditRecord } from './entry.ts'

/** What the first record names as the one before it. */
export const NO_HASH = '0'.repeat(64)

const MOST_SEARCHABLE = 512

export type RecordRow = AuditSchema['audit_records']

interface Body {
  readonly version: 1
  readonly sequence: number
  readonly id: string
  readonly previousHash: string
  readonly entry: AuditEntry
}

/** The row of an entry behind the record that has `previousHash`. */
export function sealedRow(place: Omit<Body, 'version' | 'entry'>, entry: AuditEntry): RecordRow {
  const body = canonicalize({ version: 1, ...place, entry }) as string
  return { sequence: place.sequence, id: place.id, ...columnsOf(entry), body, hash: hashOf(body) }
}

export function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex')
}

export function columnsOf({ at, type, category, outcome, actor, origin, resource }: AuditEntry): AuditColumns {
  return {
    at,
    type: searchable(type),
    category,
    outcome,
    actor_id: searchable(actor.id),
    actor_name: searchable(actor.name),
    project: searchable(resource.project),
    repository: searchable(resource.repository),
    digest: searchable(resource.digest),
    address: searchable(origin.address),
  }
}

/** PostgreSQL refuses a row whose indexed text has more than some 2,700 bytes; a name that long is somebody's joke. */
export function searchable(text: string): string
export function searchable(text: string | undefined): string | null
export function searchable(text: string | undefined): string | null {
  return text?.slice(0, MOST_SEARCHABLE).toWellFormed() ?? null
}

/** A record as its body tells it. @throws when the body is none: somebody wrote in the table. */
export function recordOf({ sequence, hash, body }: Pick<RecordRow, 'sequence' | 'hash' | 'body'>): AuditRecord {
  const { id, previousHash, entry } = JSON.parse(body) as Body
  return { sequence, id, previousHash, entry, hash, body }
}

/** Whether the columns, and the place in the table, are those that the body tells; a body that is no record's is not. */
export function fits(row: RecordRow): boolean {
  try {
    const { sequence, id, entry } = JSON.parse(row.body) as Body
    if (sequence !== row.sequence || id !== row.id) return false
    const columns = columnsOf(entry)
    return Object.entries(columns).every(([name, value]) => row[name as keyof AuditColumns] === value)
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return false
    throw error
  }
}
