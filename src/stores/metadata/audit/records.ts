import { type SelectQueryBuilder, sql } from 'kysely'
import type { Engine } from '../engine.ts'
import type { Schema } from '../schema.ts'
import type { AuditRecord } from './entry.ts'
import { fits, NO_HASH, recordOf, searchable } from './record.ts'

/** What a record must be; what is absent does not matter. Texts are compared as they are, without patterns. */
export interface AuditFilter {
  /** Milliseconds since the epoch, inclusive. */
  readonly from?: number
  /** Milliseconds since the epoch, exclusive. */
  readonly to?: number
  readonly type?: string
  readonly category?: string
  readonly outcome?: string
  readonly actorId?: string
  readonly actorName?: string
  readonly project?: string
  readonly repository?: string
  readonly digest?: string
  readonly address?: string
}

export interface AuditPage {
  /** Only records before this one; the newest when absent. */
  readonly before?: number
  readonly limit: number
}

export interface AuditHead {
  /** 0 when nothing was sealed yet. */
  readonly sequence: number
  readonly hash: string
  /** When its entry was written; milliseconds since the epoch. */
  readonly at: number
}

/** Reads of the chain. */
export interface AuditRecords {
  /** Newest first. The last one's sequence is the next page's `before`. */
  find(filter: AuditFilter, page: AuditPage): Promise<readonly AuditRecord[]>
  /** Oldest first, those after `sequence`. */
  read(sequence: number, limit: number): Promise<readonly AuditRecord[]>
  head(): Promise<AuditHead>
}

/** A row of the chain as it lies in the table, to be checked. */
export interface ChainRow {
  readonly sequence: number
  readonly body: string
  readonly hash: string
  /** Whether the columns that are searched by are those of the body. */
  readonly fits: boolean
}

export interface AuditChain {
  /** Oldest first, those after `sequence`; whatever they are. */
  rows(sequence: number, limit: number): Promise<readonly ChainRow[]>
}

export function createAuditRecords(engine: Engine): AuditRecords & AuditChain {
  return {
    async find(filter, { before, limit }) {
      let query = engine.db.selectFrom('audit_records').select(['sequence', 'hash', 'body'])
      if (before !== undefined) query = query.where('sequence', '<', before)
      const { after, upTo } = await sequencesOf(engine, filter)
      if (after !== undefined) query = query.where('sequence', '>', after)
      if (upTo !== undefined) query = query.where('sequence', '<=', upTo)
      const rows = await filtered(query, filter).orderBy('sequence', 'desc').limit(limit).execute()
      return rows.map(recordOf)
    },
    async read(sequence, limit) {
      const rows = await engine.db
        .selectFrom('audit_records')
        .select(['sequence', 'hash', 'body'])
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .limit(limit)
        .execute()
      return rows.map(recordOf)
    },
    async head() {
      const row = await engine.db.selectFrom('audit_head').select(['sequence', 'hash', 'at']).executeTakeFirst()
      return row ?? { sequence: 0, hash: NO_HASH, at: 0 }
    },
    async rows(sequence, limit) {
      const rows = await engine.db
        .selectFrom('audit_records')
        .selectAll()
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .limit(limit)
        .execute()
      return rows.map(row => ({ sequence: row.sequence, body: row.body, hash: row.hash, fits: fits(row) }))
    },
  }
}

/**
 * Between which sequences all records of a time lie. Sequences follow time but for entries that came late, by
 * `lateness_ms` at most: so whatever is behind a record of `to + lateness` or later is not before `to`, and whatever is
 * in front of one from before `from - lateness` is before `from`. Without it, records of an hour would be looked for
 * among all of an identity.
 */
async function sequencesOf(
  { db }: Engine,
  { from, to }: AuditFilter,
): Promise<{ readonly after?: number; readonly upTo?: number }> {
  if (from === undefined && to === undefined) return {}
  const head = await db.selectFrom('audit_head').select('lateness_ms').executeTakeFirst()
  if (head === undefined) return {}
  const times = db.selectFrom('audit_records').select('sequence').limit(1)
  const before =
    from === undefined
      ? undefined
      : await times
          .where('at', '<', from - head.lateness_ms)
          .orderBy('at', 'desc')
          .executeTakeFirst()
  const behind =
    to === undefined
      ? undefined
      : await times
          .where('at', '>=', to + head.lateness_ms)
          .orderBy('at')
          .executeTakeFirst()
  return { ...(before ? { after: before.sequence } : {}), ...(behind ? { upTo: behind.sequence } : {}) }
}

const COLUMNS = {
  type: 'type',
  category: 'category',
  outcome: 'outcome',
  actorId: 'actor_id',
  actorName: 'actor_name',
  project: 'project',
  repository: 'repository',
  digest: 'digest',
  address: 'address',
} as const

const NARROW = ['actorId', 'actorName', 'project', 'repository', 'digest', 'address', 'type'] as const

type Filtered<Row> = SelectQueryBuilder<Schema, 'audit_records', Row>

function filtered<Row>(query: Filtered<Row>, { from, to, ...texts }: AuditFilter): Filtered<Row> {
  let narrowed = query
  if (from !== undefined) narrowed = narrowed.where('at', '>=', from)
  if (to !== undefined) narrowed = narrowed.where('at', '<', to)
  // Lets the index of what was refused be used, where nothing narrows it better: SQLite could not tell which one does.
  const isNarrow = NARROW.some(name => texts[name] !== undefined)
  if (!isNarrow && texts.outcome !== undefined && texts.outcome !== 'success')
    narrowed = narrowed.where('outcome', '<>', sql.lit('success'))
  for (const [name, column] of Object.entries(COLUMNS)) {
    const value = texts[name as keyof typeof texts]
    if (value !== undefined) narrowed = narrowed.where(column, '=', searchable(value))
  }
  return narrowed
}
