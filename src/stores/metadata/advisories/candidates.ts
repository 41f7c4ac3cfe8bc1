import { sql } from 'kysely'
import { chunks } from '../chunks.ts'
import type { Queries } from '../engine.ts'
import type { Candidate, Elsewhere, PackageToJudge } from './judgement.ts'

export async function packagesOf(queries: Queries, ids: readonly number[]): Promise<readonly PackageToJudge[]> {
  const rows = await queries
    .selectFrom('packages')
    .select(['id', 'ecosystem', 'name', 'version', 'source_name', 'source_version'])
    .where('id', 'in', ids)
    .execute()
  return rows.map(({ source_name, source_version, ...rest }) => ({
    ...rest,
    source: source_name === null ? undefined : { name: source_name, version: source_version ?? rest.version },
  }))
}

/** By package: the advisories in editions that count, which name it or its source package. */
export async function candidatesOf(
  queries: Queries,
  ids: readonly number[],
): Promise<ReadonlyMap<number, readonly Candidate[]>> {
  const { rows } = await candidatesQuery(ids).execute(queries)
  const found = new Map<number, Candidate[]>()
  for (const { package_id, ...candidate } of rows) {
    const list = found.get(package_id)
    if (list) list.push(candidate)
    else found.set(package_id, [candidate])
  }
  return found
}

/** Exported for its plan. */
export function candidatesQuery(ids: readonly number[]) {
  const named = (column: 'name' | 'source_name') => sql`select p.id as package_id, a.id, a.source, s.format, a.head,
      n.affected, n.name from packages as p
    join advisory_packages as n on n.ecosystem = p.ecosystem and n.name = ${sql.ref(`p.${column}`)}
    join advisories as a on a.number = n.advisory
    join advisory_sources as s on s.id = a.source and a.edition_from <= s.edition
      and (a.edition_until is null or a.edition_until > s.edition)
    where p.id in (${sql.join(ids)})`
  return sql<Candidate & { package_id: number }>`${named('name')}
    union all ${named('source_name')} and p.source_name <> p.name`
}

/** Advisories that count and go by these ids, whatever packages they name; by id. */
export async function elsewhereOf(
  queries: Queries,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly Elsewhere[]>> {
  const found = new Map<string, Elsewhere[]>()
  for (const part of chunks(ids)) {
    const { rows } = await sql<Elsewhere & { vulnerability: string }>`
      select i.id as vulnerability, a.id, a.head from advisory_ids as i
      join advisories as a on a.number = i.advisory
      join advisory_sources as s on s.id = a.source and a.edition_from <= s.edition
        and (a.edition_until is null or a.edition_until > s.edition)
      where i.id in (${sql.join(part)}) order by a.source, a.id`.execute(queries)
    for (const { vulnerability, ...each } of rows) found.set(vulnerability, [...(found.get(vulnerability) ?? []), each])
  }
  return found
}
