import type { Engine, Queries } from '../engine.ts'

/** Where advisories come from, and how it stands. Times are milliseconds since the epoch. */
export interface AdvisorySource {
  /** `osv:Go`, `debian`, `epss`… */
  readonly id: string
  readonly format: string
  readonly origin: string | undefined
  readonly records: number
  /** When it was last known to be what the source has. */
  readonly checkedAt: number | undefined
  readonly changedAt: number | undefined
  readonly triedAt: number | undefined
  /** The newest time in the records themselves. */
  readonly newestAt: number | undefined
  /** Why the last try failed. */
  readonly problem: string | undefined
  readonly isUnderWay: boolean
  /** Of the last answer, to ask for what is newer only. */
  readonly etag: string | undefined
  readonly lastModified: string | undefined
}

/** The right to write the next edition of a source, until it ends or is not renewed. */
export interface Claim {
  readonly source: string
  readonly holder: string
  /** The one that counts until the next is in use. */
  readonly edition: number
}

/** What is known of an answer that was read to its end. */
export interface Answered {
  readonly at: number
  readonly origin: string
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
}

export interface AdvisorySources {
  list(now: number): Promise<readonly AdvisorySource[]>
  /** What an unfinished edition left is removed. Undefined while somebody else writes. */
  claim(
    source: { id: string; format: string },
    claim: { holder: string; now: number; until: number },
  ): Promise<Claim | undefined>
  /** Ends the claim: the edition that counts is still what the source has. */
  unchanged(claim: Claim, answered: Answered): Promise<void>
  /** Ends the claim, takes back what was written. @throws ClaimLost. */
  failed(claim: Claim, at: number, problem: string): Promise<void>
  /** Nothing could be read of it: what counted still does. */
  notReached(source: { id: string; format: string }, at: number, problem: string): Promise<void>
  /** The source says that it has nothing newer. */
  notChanged(id: string, at: number): Promise<void>
}

export function createAdvisorySources(engine: Engine): AdvisorySources {
  return {
    async list(now) {
      const rows = await engine.db.selectFrom('advisory_sources').selectAll().orderBy('id').execute()
      return rows.map(row => ({
        id: row.id,
        format: row.format,
        origin: row.origin ?? undefined,
        records: row.records,
        checkedAt: row.checked_at ?? undefined,
        changedAt: row.changed_at ?? undefined,
        triedAt: row.tried_at ?? undefined,
        newestAt: row.newest_at ?? undefined,
        problem: row.problem ?? undefined,
        etag: row.etag ?? undefined,
        lastModified: row.last_modified ?? undefined,
        isUnderWay: row.claim !== null && (row.claimed_until ?? 0) > now,
      }))
    },
    async claim({ id, format }, { holder, now, until }) {
      const claimed = await engine.write(async queries => {
        await introduce(queries, id, format)
        return queries
          .updateTable('advisory_sources')
          .set({ format, claim: holder, claimed_until: until, tried_at: now })
          .where('id', '=', id)
          .where(where => where.or([where('claim', 'is', null), where('claimed_until', '<=', now)]))
          .returning('edition')
          .executeTakeFirst()
      })
      if (!claimed) return undefined
      await takeBack(engine, id, claimed.edition)
      return { source: id, holder, edition: claimed.edition }
    },
    unchanged: ({ source, holder }, { at, origin, etag, lastModified }) =>
      engine.write(async queries => {
        await queries
          .updateTable('advisory_sources')
          .set({ claim: null, claimed_until: null, checked_at: at, tried_at: at, problem: null, origin })
          .$if(etag !== undefined, update => update.set({ etag: etag ?? null }))
          .$if(lastModified !== undefined, update => update.set({ last_modified: lastModified ?? null }))
          .where('id', '=', source)
          .where('claim', '=', holder)
          .execute()
      }),
    notReached: ({ id, format }, at, problem) =>
      engine.write(async queries => {
        await introduce(queries, id, format)
        await queries
          .updateTable('advisory_sources')
          .set({ tried_at: at, problem: problem.slice(0, MOST_CHARACTERS) })
          .where('id', '=', id)
          .execute()
      }),
    notChanged: (id, at) =>
      engine.write(async queries => {
        await queries
          .updateTable('advisory_sources')
          .set({ tried_at: at, checked_at: at, problem: null })
          .where('id', '=', id)
          .execute()
      }),
    async failed({ source, holder, edition }, at, problem) {
      await engine.write(async queries => {
        await mustHold(queries, source, holder)
        await queries
          .updateTable('advisory_sources')
          .set({ tried_at: at, problem: problem.slice(0, MOST_CHARACTERS) })
          .where('id', '=', source)
          .execute()
      })
      await takeBack(engine, source, edition)
      await engine.write(async queries => {
        await queries
          .updateTable('advisory_sources')
          .set({ claim: null, claimed_until: null })
          .where('id', '=', source)
          .where('claim', '=', holder)
          .execute()
      })
    },
  }
}

async function introduce(queries: Queries, id: string, format: string): Promise<void> {
  const none = { origin: null, etag: null, last_modified: null, checked_at: null, changed_at: null }
  await queries
    .insertInto('advisory_sources')
    .values({ id, format, ...none, edition: 0, matched: 0, tried_at: null, newest_at: null, records: 0 })
    .onConflict(conflict => conflict.column('id').doNothing())
    .execute()
}

const MOST_CHARACTERS = 1000
/** Rows of one transaction: others wait behind it. */
const PART = 500

/** Somebody else took the source over, since this writer was not heard of for too long. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost'
}

/** @throws ClaimLost. */
export async function mustHold(queries: Queries, source: string, holder: string): Promise<void> {
  const row = await queries
    .selectFrom('advisory_sources')
    .select('id')
    .where('id', '=', source)
    .where('claim', '=', holder)
    .executeTakeFirst()
  if (!row) throw new ClaimLost(`Another update of ${source} took over.`)
}

/** Removes what was written of an edition that never counted. */
async function takeBack({ write }: Engine, source: string, edition: number): Promise<void> {
  const removePart = () =>
    write(async queries => {
      const written = queries
        .selectFrom('advisories')
        .select('number')
        .where('source', '=', source)
        .where('edition_from', '>', edition)
        .limit(PART)
      const { numDeletedRows } = await queries
        .deleteFrom('advisories')
        .where('number', 'in', written)
        .executeTakeFirst()
      return numDeletedRows === BigInt(PART)
    })
  while (await removePart());
  await write(async queries => {
    await queries
      .updateTable('advisories')
      .set({ edition_until: null })
      .where('source', '=', source)
      .where('edition_until', '>', edition)
      .execute()
    const tables = { epss: 'exploit_predictions', kev: 'exploited' } as const
    const table = tables[source as keyof typeof tables]
    if (table) await queries.deleteFrom(table).where('edition', '!=', edition).execute()
  })
}
