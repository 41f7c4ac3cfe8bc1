import { sql } from 'kysely'
import { appendAudit } from '../audit/append.ts'
import type { AuditEntry } from '../audit/entry.ts'
import { chunks } from '../chunks.ts'
import type { Engine, Queries } from '../engine.ts'
import { candidatesOf, elsewhereOf, packagesOf } from './candidates.ts'
import { type HitImage, type HitRepository, imagesHit, repositoriesHit } from './hits.ts'
import type { FoundVulnerability, JudgePackage, NewFinding } from './judgement.ts'
import { writeFindings } from './write-findings.ts'

/** What became of findings by a judgement. */
export interface Settled {
  readonly found: readonly NewFinding[]
  readonly ended: number
  /** Records of the audit log that told of it. */
  readonly told: number
}

export interface Telling {
  /** In a record for each image; in one for each repository when there are more images than that. */
  readonly mostImages: number
  readonly ofImages: (images: readonly HitImage[], found: readonly NewFinding[]) => readonly AuditEntry[]
  readonly ofRepositories: (
    repositories: readonly HitRepository[],
    found: readonly NewFinding[],
  ) => readonly AuditEntry[]
}

/** Advisories that count against the packages of the registry. */
export interface AdvisoryMatching {
  /** Editions that count, and whose changes were not matched yet. */
  pending(): Promise<readonly { readonly source: string; readonly edition: number }[]>
  /** Packages that are named by what changed since the source was matched last, or have a vulnerability that it is about. */
  packagesNamed(source: string): Promise<readonly number[]>
  /**
   * Judges the packages by the advisories that count and writes down what is found, what came back and what ended, in
   * one transaction; what nobody knew before is told in the audit log with it.
   * @param ids few: other writers wait.
   * @param judge pure.
   */
  settle(
    ids: readonly number[],
    judge: JudgePackage,
    how: { now: number; telling?: Telling | undefined },
  ): Promise<Settled>
  /** What changed up to the edition was matched; what had ended by then is removed. */
  matched(source: string, edition: number, signal: AbortSignal): Promise<void>
  /** Removes findings that ended before, at most so many. Gives how many. */
  forgetEnded(before: number, most: number): Promise<number>
}

const PASSING = { durable: false }
const PART = 500

export function createAdvisoryMatching(engine: Engine): AdvisoryMatching {
  return {
    pending: () =>
      engine.db
        .selectFrom('advisory_sources')
        .select(['id as source', 'edition'])
        .whereRef('matched', '<', 'edition')
        .orderBy('id')
        .execute(),
    async packagesNamed(source) {
      const [named, alike] = await Promise.all(
        [namedQuery(source), alikeQuery(source)].map(query => query.execute(engine.db)),
      )
      return [...new Set([...(named?.rows ?? []), ...(alike?.rows ?? [])].map(({ id }) => id))].toSorted(
        (a, b) => a - b,
      )
    },
    settle: (ids, judge, { now, telling }) =>
      engine.write(async queries => {
        const { found, ended } = await judgePackages(queries, ids, judge, now)
        const entries = telling && found.length > 0 ? await tell(queries, found, telling) : []
        await appendAudit(queries, entries)
        return { found, ended, told: entries.length }
      }),
    async matched(source, edition, signal) {
      await engine.write(async queries => {
        await queries
          .updateTable('advisory_sources')
          .set({ matched: edition })
          .where('id', '=', source)
          .where('matched', '<', edition)
          .execute()
      })
      const removePart = () =>
        engine.write(async queries => {
          const ended = queries
            .selectFrom('advisories')
            .select('number')
            .where('source', '=', source)
            .where('edition_until', '<=', edition)
            .limit(PART)
          const gone = await queries.deleteFrom('advisories').where('number', 'in', ended).executeTakeFirst()
          return gone.numDeletedRows === BigInt(PART)
        }, PASSING)
      while (await removePart()) signal.throwIfAborted()
      const tables = { epss: 'exploit_predictions', kev: 'exploited' } as const
      const table = tables[source as keyof typeof tables]
      if (!table) return
      await engine.write(async queries => {
        await queries.deleteFrom(table).where('edition', '<', edition).execute()
      }, PASSING)
    },
    forgetEnded: (before, most) =>
      engine.write(async queries => {
        const rows = await queries
          .selectFrom('package_findings')
          .select(['package_id', 'vulnerability'])
          .where('ended_at', '<', before)
          .limit(most)
          .execute()
        for (const { package_id, vulnerability } of rows)
          await queries
            .deleteFrom('package_findings')
            .where('package_id', '=', package_id)
            .where('vulnerability', '=', vulnerability)
            .execute()
        return rows.length
      }, PASSING),
  }
}

/** From what changed to packages by their names, in that order, which the cross joins tell SQLite; exported for its plan. */
export function namedQuery(source: string) {
  const changed = sql`select distinct n.ecosystem, n.name from advisory_sources as s
        join advisories as a on a.source = s.id and a.edition_from > s.matched and a.edition_from <= s.edition
        join advisory_packages as n on n.advisory = a.number where s.id = ${source}
        union select n.ecosystem, n.name from advisory_sources as s
        join advisories as a on a.source = s.id and a.edition_until > s.matched and a.edition_until <= s.edition
        join advisory_packages as n on n.advisory = a.number where s.id = ${source}`
  return sql<{ id: number }>`with changed as (${changed})
        select p.id from changed as c cross join packages as p where p.name = c.name and p.ecosystem = c.ecosystem
        union select p.id from changed as c cross join packages as p
      where p.source_name is not null and p.source_name = c.name and p.ecosystem = c.ecosystem
        order by 1`
}

/** Packages that have what a changed advisory is about, though it names others: it may say how severe that is. */
export function alikeQuery(source: string) {
  return sql<{ id: number }>`select distinct f.package_id as id from advisory_sources as s
    cross join advisories as a cross join advisory_ids as i cross join package_findings as f
    where s.id = ${source} and a.source = s.id and a.edition_from > s.matched and a.edition_from <= s.edition
      and i.advisory = a.number and f.vulnerability = i.id and f.ended_at is null`
}

async function judgePackages(queries: Queries, ids: readonly number[], judge: JudgePackage, now: number) {
  const found: NewFinding[] = []
  let ended = 0
  for (const part of chunks(ids)) {
    const packages = await packagesOf(queries, part)
    const candidates = await candidatesOf(queries, part)
    const judged = new Map<number, readonly FoundVulnerability[]>()
    for (const each of packages) judged.set(each.id, judge(each, candidates.get(each.id) ?? []))
    const unrated = [...judged.values()].flat().filter(({ severity }) => severity === 'unknown')
    const elsewhere = await elsewhereOf(queries, [...new Set(unrated.map(({ vulnerability }) => vulnerability))])
    for (const each of elsewhere.size === 0 ? [] : packages)
      judged.set(each.id, judge(each, candidates.get(each.id) ?? [], elsewhere))
    const written = await writeFindings(queries, packages, judged, now)
    found.push(...written.found)
    ended += written.ended
  }
  return { found, ended }
}

async function tell(queries: Queries, found: readonly NewFinding[], telling: Telling): Promise<readonly AuditEntry[]> {
  const packages = [...new Set(found.map(({ packageId }) => packageId))]
  const images = await imagesHit(queries, packages, telling.mostImages + 1)
  if (images.length <= telling.mostImages) return telling.ofImages(images, found)
  return telling.ofRepositories(await repositoriesHit(queries, packages, telling.mostImages), found)
}
