import { storable } from '../../platform/foreign-json/index.ts'
import type { Unread } from '../../stores/metadata/index.ts'
import { MOST_ALIKE, withoutMultitudes } from './multitudes.ts'
import type { FoundInventory, PlacedPackage } from './scanning.ts'

/** Longer ones are nobody's, and an index takes so much at most. */
const LONGEST = { ecosystem: 100, name: 500, version: 256, purl: 2000, path: 4096 } as const
const MOST_PACKAGES = 100_000
const MOST_PROBLEMS = 100
const MOST_LICENCES = 20
const LONGEST_LICENCE = 200

/** What of an inventory is kept: in order, of bounded size, and made of text that every database takes. */
export function keepable({ packages, problems, ...rest }: FoundInventory): FoundInventory {
  const kept: PlacedPackage[] = []
  const refused: Unread[] = []
  for (const each of packages) {
    const reason = unkeepable(each)
    if (reason === undefined) kept.push(cleaned(each))
    else refused.push({ path: storable(each.path).slice(0, LONGEST.path), reason })
  }
  kept.sort(inOrder)
  const few = withoutMultitudes(kept)
  for (const name of few.multitudes)
    refused.push({ path: '', reason: `Of ${name} there are more than ${MOST_ALIKE} here: the others are not kept.` })
  if (few.packages.length > MOST_PACKAGES)
    refused.push({ path: '', reason: `Of ${few.packages.length} packages the first ${MOST_PACKAGES} are kept.` })
  const all = [...problems.map(({ path, reason }) => ({ path: storable(path), reason: storable(reason) })), ...refused]
  // What is wrong with the whole before what is wrong with a file.
  const told = all.toSorted((one, other) => Number(one.path !== '') - Number(other.path !== '')).slice(0, MOST_PROBLEMS)
  if (all.length > MOST_PROBLEMS) told.push({ path: '…', reason: `${all.length - MOST_PROBLEMS} more problems.` })
  return { ...rest, packages: few.packages.slice(0, MOST_PACKAGES), problems: told }
}

function unkeepable(each: PlacedPackage): string | undefined {
  for (const field of ['ecosystem', 'name', 'version', 'purl', 'path'] as const)
    if (each[field].length > LONGEST[field])
      return `The ${field} of a package here has ${each[field].length} characters, more than ${LONGEST[field]}.`
  if (each.name === '' || each.ecosystem === '') return 'A package here has no name.'
  const { source } = each
  if (source && (source.name.length > LONGEST.name || source.version.length > LONGEST.version))
    return 'The name of what a package here was built from is too long.'
  return undefined
}

function cleaned({ source, ...each }: PlacedPackage): PlacedPackage {
  const shortName = /[:/]([^:/]+)$/.exec(each.name)?.[1]
  return {
    ...each,
    ...(shortName === undefined ? {} : { shortName: storable(shortName) }),
    ecosystem: storable(each.ecosystem),
    name: storable(each.name),
    version: storable(each.version),
    purl: storable(each.purl),
    path: storable(each.path),
    ...(source ? { source: { name: storable(source.name), version: storable(source.version) } } : {}),
    licences: each.licences.slice(0, MOST_LICENCES).map(licence => storable(licence).slice(0, LONGEST_LICENCE)),
  }
}

function inOrder(a: PlacedPackage, b: PlacedPackage): number {
  return (
    compare(a.ecosystem, b.ecosystem) ||
    compare(a.name, b.name) ||
    compare(a.version, b.version) ||
    compare(a.path, b.path) ||
    compare(a.purl, b.purl)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
