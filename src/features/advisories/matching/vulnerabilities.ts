import type { Head } from '../stored-record.ts'

/** Ids of one vulnerability, of which the first is the one it goes by. */
export type Ids = readonly string[]

const CVE = /^CVE-(\d+)-(\d+)$/

/**
 * The vulnerabilities that a record is about. One of a distribution may be about several, each by its CVE; any other is
 * about one, whatever ids it has.
 */
export function vulnerabilitiesOf(
  id: string,
  { aliases, upstream, related }: Head,
  isOfDistribution: boolean,
): readonly Ids[] {
  const own = [id, ...aliases]
  if (!isOfDistribution) return [own]
  if (CVE.test(id)) return [own]
  const about = [...new Set([...upstream, ...aliases, ...(upstream.length > 0 ? [] : related)])].filter(each =>
    CVE.test(each),
  )
  if (about.length > 0) return about.map(cve => [cve, id])
  // Such as UBUNTU-CVE-2024-1.
  const inside = /CVE-\d+-\d+$/.exec(id)?.[0]
  return [inside === undefined ? own : [inside, ...own]]
}

/** The CVE, the oldest of several; else the id that most people know. */
export function canonicalOf(ids: Iterable<string>): string {
  return [...ids].toSorted(compareIds)[0] as string
}

const KNOWN = [/^CVE-/, /^GHSA-/, /^GO-/, /^PYSEC-/, /^RUSTSEC-/]

function compareIds(a: string, b: string): number {
  const [first, second] = [CVE.exec(a), CVE.exec(b)]
  if (first && second) return Number(first[1]) - Number(second[1]) || Number(first[2]) - Number(second[2])
  return rankOf(a) - rankOf(b) || (a < b ? -1 : Number(a > b))
}

function rankOf(id: string): number {
  const rank = KNOWN.findIndex(pattern => pattern.test(id))
  return rank < 0 ? KNOWN.length : rank
}

/** Puts together what shares an id. @param idsOf of several, all of which are ids of one thing. */
export function joined<Item>(items: readonly Item[], idsOf: (item: Item) => Ids): readonly (readonly Item[])[] {
  const groups = new Map<string, { items: Item[] }>()
  for (const item of items) {
    const ids = idsOf(item)
    const group = { items: [item] }
    const others = new Set(ids.flatMap(id => groups.get(id) ?? []))
    for (const other of others) group.items.push(...other.items)
    for (const each of group.items) for (const id of idsOf(each)) groups.set(id, group)
  }
  return [...new Set(groups.values())].map(group => group.items)
}
