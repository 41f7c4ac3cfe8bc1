import { chunks } from '../chunks.ts'
import type { Engine, Queries } from '../engine.ts'
import { type Answered, type Claim, mustHold } from './sources.ts'

/** One record of a source. */
export interface AdvisoryRecord {
  /** Of the record within its source. */
  readonly record: string
  readonly id: string
  /** Its id, its aliases, and what it is about: what it is found by. */
  readonly ids: readonly string[]
  /** Of everything it says: the same hash is the same record. */
  readonly hash: string
  /** JSON: what matching asks for. */
  readonly head: string
  /** JSON: what only people read. */
  readonly body: string
  readonly packages: readonly { readonly ecosystem: string; readonly name: string; readonly affected: string }[]
}

/** How likely a vulnerability is used in attacks. */
export interface Prediction {
  readonly vulnerability: string
  readonly score: number
  readonly percentile: number
}

export interface Exploited {
  readonly vulnerability: string
  readonly addedAt: number | undefined
  readonly dueAt: number | undefined
}

export interface Written {
  /** The numbers of the rows that tell the records. */
  readonly rows: readonly number[]
  /** Records that were not there before, or say something else now. */
  readonly changed: number
}

/** Writes the next edition of a source beside the one that counts, then lets it count, at once. */
export interface AdvisoryEditions {
  /** @throws ClaimLost. */
  write(claim: Claim, records: readonly AdvisoryRecord[], until: number): Promise<Written>
  writePredictions(claim: Claim, predictions: readonly Prediction[], until: number): Promise<void>
  writeExploited(claim: Claim, exploited: readonly Exploited[], until: number): Promise<void>
  /** Those records that `isThere` does not know end with this edition. Gives how many. @throws ClaimLost. */
  endOthers(claim: Claim, isThere: (row: number) => boolean, until: number): Promise<number>
  /** The edition counts from now on; durable. @throws ClaimLost. */
  use(claim: Claim, edition: Answered & { records: number; newestAt: number | undefined }): Promise<void>
}

/** What is written can be written again: only that it counts is promised. */
const PASSING = { durable: false }
const PART = 1000

export function createAdvisoryEditions(engine: Engine): AdvisoryEditions {
  const writing = <Result>(claim: Claim, until: number, work: (queries: Queries) => Promise<Result>) =>
    engine.write(async queries => {
      await mustHold(queries, claim.source, claim.holder)
      await queries
        .updateTable('advisory_sources')
        .set({ claimed_until: until })
        .where('id', '=', claim.source)
        .execute()
      return work(queries)
    }, PASSING)
  return {
    write: (claim, records, until) => writing(claim, until, queries => writeRecords(queries, claim, records)),
    writePredictions: (claim, predictions, until) =>
      writing(claim, until, async queries => {
        for (const part of chunks(predictions)) {
          const rows = part.map(prediction => ({ ...prediction, edition: claim.edition + 1 }))
          await queries
            .insertInto('exploit_predictions')
            .values(rows)
            .onConflict(conflict => conflict.columns(['vulnerability', 'edition']).doNothing())
            .execute()
        }
      }),
    writeExploited: (claim, exploited, until) =>
      writing(claim, until, async queries => {
        for (const part of chunks(exploited)) {
          const rows = part.map(({ vulnerability, addedAt, dueAt }) => ({
            vulnerability,
            edition: claim.edition + 1,
            added_at: addedAt ?? null,
            due_at: dueAt ?? null,
          }))
          await queries
            .insertInto('exploited')
            .values(rows)
            .onConflict(conflict => conflict.columns(['vulnerability', 'edition']).doNothing())
            .execute()
        }
      }),
    async endOthers(claim, isThere, until) {
      let ended = 0
      for (let after = 0; ; ) {
        const rows = await engine.db
          .selectFrom('advisories')
          .select('number')
          .where('source', '=', claim.source)
          .where('edition_until', 'is', null)
          .where('number', '>', after)
          .orderBy('number')
          .limit(PART)
          .execute()
        const last = rows.at(-1)
        if (!last) return ended
        after = last.number
        const gone = rows.map(row => row.number).filter(number => !isThere(number))
        if (gone.length > 0) await writing(claim, until, queries => endRows(queries, claim, gone))
        ended += gone.length
      }
    },
    async use(claim, { at, origin, etag, lastModified, records, newestAt }) {
      await engine.write(async queries => {
        await mustHold(queries, claim.source, claim.holder)
        await queries
          .updateTable('advisory_sources')
          .set({
            edition: claim.edition + 1,
            origin,
            etag: etag ?? null,
            last_modified: lastModified ?? null,
            checked_at: at,
            changed_at: at,
            newest_at: newestAt ?? null,
            records,
            problem: null,
            claim: null,
            claimed_until: null,
          })
          .where('id', '=', claim.source)
          .execute()
      })
    },
  }
}

async function writeRecords(queries: Queries, claim: Claim, records: readonly AdvisoryRecord[]): Promise<Written> {
  // Of a record that is there twice the last one counts.
  const wanted = new Map(records.map(record => [record.record, record]))
  const numbers: number[] = []
  const replaced: number[] = []
  for (const names of chunks([...wanted.keys()])) {
    const known = await queries
      .selectFrom('advisories')
      .select(['number', 'record', 'hash', 'edition_from'])
      .where('source', '=', claim.source)
      .where('record', 'in', names)
      .where('edition_until', 'is', null)
      .execute()
    for (const { number, record, hash } of known) {
      if (wanted.get(record)?.hash === hash) {
        numbers.push(number)
        wanted.delete(record)
      } else replaced.push(number)
    }
  }
  await endRows(queries, claim, replaced)
  const inserted = await insertRecords(queries, claim, [...wanted.values()])
  return { rows: [...numbers, ...inserted], changed: inserted.length }
}

async function endRows(queries: Queries, { edition }: Claim, numbers: readonly number[]): Promise<void> {
  for (const part of chunks(numbers)) {
    await queries.deleteFrom('advisories').where('number', 'in', part).where('edition_from', '>', edition).execute()
    await queries
      .updateTable('advisories')
      .set({ edition_until: edition + 1 })
      .where('number', 'in', part)
      .execute()
  }
}

/** Narrow enough that the widest rows of a part stay below what a statement may bind. */
const FEW = 100

async function insertRecords(
  queries: Queries,
  { source, edition }: Claim,
  records: readonly AdvisoryRecord[],
): Promise<readonly number[]> {
  const numbers: number[] = []
  for (let from = 0; from < records.length; from += FEW) {
    const part = records.slice(from, from + FEW)
    const inserted = await queries
      .insertInto('advisories')
      .values(
        part.map(({ record, id, hash, head, body }) => ({
          source,
          record,
          id,
          hash,
          head,
          body,
          edition_from: edition + 1,
          edition_until: null,
        })),
      )
      .returning(['number', 'record'])
      .execute()
    const numberOf = new Map(inserted.map(({ number, record }) => [record, number]))
    const rowsOf = part.flatMap(({ record, packages }) =>
      packages.map((each, position) => ({ advisory: numberOf.get(record) as number, position, ...each })),
    )
    for (const rows of chunks(rowsOf)) await queries.insertInto('advisory_packages').values(rows).execute()
    const idsOf = part.flatMap(({ record, ids }) =>
      [...new Set(ids)].map(id => ({ id, advisory: numberOf.get(record) as number })),
    )
    for (const rows of chunks(idsOf)) await queries.insertInto('advisory_ids').values(rows).execute()
    numbers.push(...numberOf.values())
  }
  return numbers
}
