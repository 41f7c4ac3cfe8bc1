import { chunks } from '../chunks.ts'
import type { Queries } from '../engine.ts'
import type { AdvisoriesSchema } from '../schema-advisories.ts'
import { type FoundVulnerability, type NewFinding, type PackageToJudge, SEVERITY_RANKS } from './judgement.ts'

type Known = AdvisoriesSchema['package_findings']

/** Makes the findings of the packages what was judged; the history goes on. */
export async function writeFindings(
  queries: Queries,
  packages: readonly PackageToJudge[],
  judged: ReadonlyMap<number, readonly FoundVulnerability[]>,
  now: number,
): Promise<{ readonly found: readonly NewFinding[]; readonly ended: number }> {
  const ids = packages.map(({ id }) => id)
  const known = new Map<number, Map<string, Known>>(ids.map(id => [id, new Map()]))
  for (const row of await queries.selectFrom('package_findings').selectAll().where('package_id', 'in', ids).execute())
    known.get(row.package_id)?.set(row.vulnerability, row)
  const sources = await queries.selectFrom('advisory_sources').select('id').where('edition', '>', 0).execute()
  const heard = new Set(sources.map(({ id }) => id))
  const rows: Known[] = []
  const found: NewFinding[] = []
  let ended = 0
  for (const subject of packages) {
    const before = known.get(subject.id) as Map<string, Known>
    const present = judged.get(subject.id) ?? []
    const names = new Set(present.map(({ vulnerability }) => vulnerability))
    for (const each of present) {
      const row = before.get(each.vulnerability)
      const earlier = row ? undefined : await renamed(queries, before, names, each)
      const was = row ?? earlier
      const isOpen = was !== undefined && was.ended_at === null
      rows.push(rowOf(subject.id, each, was, now))
      if (!isOpen) {
        const { id: packageId, ecosystem, name, version } = subject
        found.push({ ...each, packageId, ecosystem, package: name, version, isReopened: was !== undefined })
      }
    }
    for (const row of before.values()) {
      // A source that this registry never heard of, as after a restore, is no reason to believe that all is well.
      if (names.has(row.vulnerability) || row.ended_at !== null || !heard.has(row.source)) continue
      rows.push({ ...row, ended_at: now })
      ended += 1
    }
  }
  for (const part of chunks(rows.filter(row => !isSame(row, known.get(row.package_id)?.get(row.vulnerability)))))
    await upsert(queries, part)
  return { found, ended }
}

/** What was known by another of its ids, as before it had a CVE: the same finding, under its new name. */
async function renamed(
  queries: Queries,
  before: Map<string, Known>,
  names: ReadonlySet<string>,
  { ids }: FoundVulnerability,
): Promise<Known | undefined> {
  for (const id of ids) {
    const row = before.get(id)
    if (!row || names.has(id)) continue
    before.delete(id)
    await queries
      .deleteFrom('package_findings')
      .where('package_id', '=', row.package_id)
      .where('vulnerability', '=', id)
      .execute()
    return row
  }
  return undefined
}

function rowOf(package_id: number, each: FoundVulnerability, was: Known | undefined, now: number): Known {
  const isOpen = was !== undefined && was.ended_at === null
  return {
    package_id,
    vulnerability: each.vulnerability,
    ids: JSON.stringify(each.ids),
    severity: each.severity,
    severity_rank: SEVERITY_RANKS[each.severity],
    cvss: each.cvssScore ?? null,
    fixed_in: each.fixedIn ?? null,
    summary: each.summary,
    url: each.url ?? null,
    source: each.source,
    first_seen_at: was?.first_seen_at ?? now,
    since: isOpen ? was.since : now,
    ended_at: null,
    reopened: (was?.reopened ?? 0) + Number(was !== undefined && !isOpen),
  }
}

function isSame(row: Known, other: Known | undefined): boolean {
  return (
    other !== undefined &&
    JSON.stringify(Object.values(row)) === JSON.stringify(Object.keys(row).map(key => other[key as keyof Known]))
  )
}

async function upsert(queries: Queries, rows: readonly Known[]): Promise<void> {
  if (rows.length === 0) return
  await queries
    .insertInto('package_findings')
    .values([...rows])
    .onConflict(conflict =>
      conflict.columns(['package_id', 'vulnerability']).doUpdateSet(({ ref }) => ({
        ids: ref('excluded.ids'),
        severity: ref('excluded.severity'),
        severity_rank: ref('excluded.severity_rank'),
        cvss: ref('excluded.cvss'),
        fixed_in: ref('excluded.fixed_in'),
        summary: ref('excluded.summary'),
        url: ref('excluded.url'),
        source: ref('excluded.source'),
        first_seen_at: ref('excluded.first_seen_at'),
        since: ref('excluded.since'),
        ended_at: ref('excluded.ended_at'),
        reopened: ref('excluded.reopened'),
      })),
    )
    .execute()
}
