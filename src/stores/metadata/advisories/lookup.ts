import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Engine } from '../engine.ts'

/** An advisory as it counts. */
export interface StoredAdvisory {
  readonly number: number
  readonly id: string
  readonly source: string
  /** JSON, as it was written. */
  readonly head: string
  readonly body: string
  readonly packages: readonly { readonly ecosystem: string; readonly name: string; readonly affected: string }[]
}

export interface AdvisoryLookup {
  /** By number, which is the order in which they came. @param question.id its own, an alias, or what it is about. */
  search(
    question: { id?: string | undefined; package?: string | undefined; ecosystem?: string | undefined },
    page: { after?: number | undefined; limit: number },
  ): Promise<readonly StoredAdvisory[]>
  /** How many count, by source; and how many findings there are by severity. */
  counts(): Promise<{ readonly findings: Readonly<Record<string, number>> }>
  /** Ecosystems of the packages that images hold. */
  ecosystems(): Promise<readonly string[]>
}

const MOST_PACKAGES = 1000

export function createAdvisoryLookup({ db }: Engine): AdvisoryLookup {
  return {
    async search({ id, package: name, ecosystem }, { after = 0, limit }) {
      const conditions: RawBuilder<SqlBool>[] = [sql`a.number > ${after}`]
      if (id !== undefined) conditions.push(sql`a.number in (select advisory from advisory_ids where id = ${id})`)
      if (name !== undefined && ecosystem !== undefined)
        conditions.push(
          sql`a.number in (select advisory from advisory_packages where ecosystem = ${ecosystem} and name = ${name})`,
        )
      const { rows } = await sql<Omit<StoredAdvisory, 'packages'>>`
        select a.number, a.id, a.source, a.head, a.body from advisories as a
        join advisory_sources as s on s.id = a.source and a.edition_from <= s.edition
          and (a.edition_until is null or a.edition_until > s.edition)
        where ${sql.join(conditions, sql` and `)} order by a.number limit ${limit}`.execute(db)
      const found: StoredAdvisory[] = []
      for (const row of rows) {
        const packages = await db
          .selectFrom('advisory_packages')
          .select(['ecosystem', 'name', 'affected'])
          .where('advisory', '=', row.number)
          .orderBy('position')
          .limit(MOST_PACKAGES)
          .execute()
        found.push({ ...row, packages })
      }
      return found
    },
    async counts() {
      const { rows } = await sql<{ severity: string; findings: number }>`
        select severity, count(*) as findings from package_findings where ended_at is null group by severity`.execute(
        db,
      )
      return { findings: Object.fromEntries(rows.map(({ severity, findings }) => [severity, Number(findings)])) }
    },
    async ecosystems() {
      // The next greater one again and again: there are few, of many packages.
      const { rows } = await sql<{ ecosystem: string }>`with recursive found(ecosystem) as (
        select min(ecosystem) from packages
        union all select (select min(p.ecosystem) from packages as p where p.ecosystem > found.ecosystem) from found
          where found.ecosystem is not null)
        select ecosystem from found where ecosystem is not null`.execute(db)
      return rows.map(({ ecosystem }) => ecosystem)
    },
  }
}
