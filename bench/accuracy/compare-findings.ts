import type { Scanned, ToldFinding } from './osv-scanner.ts'

export interface FindingDifference {
  readonly ecosystem: string
  /** With its version. */
  readonly package: string
  readonly ids: readonly string[]
  readonly why: string
}

/** How what was found in an image compares. Of Berth each vulnerability of a package counts once, whatever names it has. */
export interface ComparedFindings {
  readonly theirs: readonly ToldFinding[]
  readonly ours: readonly ToldFinding[]
  /** Advisories that hit by osv-scanner and not by Berth. */
  readonly missing: readonly FindingDifference[]
  readonly extra: readonly FindingDifference[]
}

export type Subject = Omit<ToldFinding, 'ids'>

const keyOf = ({ ecosystem, package: name, version }: Subject): string => `${ecosystem} ${name} ${version}`

/** @param otherwiseVersioned packages whose source has another version than they have. */
export function compareFindings(
  own: Scanned,
  reference: Scanned,
  otherwiseVersioned: readonly Subject[],
): ComparedFindings {
  const theirs = distinct(reference.findings)
  const ours = distinct(own.findings)
  const ownIds = idsByPackage(ours)
  const theirIds = idsByPackage(theirs)
  const ownPackages = new Set(own.packages.map(keyOf))
  const theirPackages = new Set(reference.packages.map(keyOf))
  const otherwise = new Set(otherwiseVersioned.map(keyOf))
  const difference = (finding: ToldFinding, without: string, known: ReadonlySet<string>): FindingDifference => ({
    ecosystem: finding.ecosystem,
    package: `${finding.package} ${finding.version}`,
    ids: finding.ids,
    why: otherwise.has(keyOf(finding))
      ? 'osv-scanner compares the version of the binary package, the advisory is of the source'
      : known.has(keyOf(finding))
        ? `${without} has the package`
        : `${without} has no package of this name and version`,
  })
  const lacks = (finding: ToldFinding) => !ownIds.get(keyOf(finding))?.has(finding.ids[0] as string)
  const adds = (finding: ToldFinding) => !finding.ids.some(id => theirIds.get(keyOf(finding))?.has(id))
  return {
    theirs: vulnerabilities(theirs),
    ours,
    missing: theirs.filter(lacks).map(finding => difference(finding, 'Berth', ownPackages)),
    extra: ours.filter(adds).map(finding => difference(finding, 'osv-scanner', theirPackages)),
  }
}

function distinct(findings: readonly ToldFinding[]): readonly ToldFinding[] {
  return [...new Map(findings.map(finding => [`${keyOf(finding)} ${finding.ids[0]}`, finding])).values()]
}

function idsByPackage(findings: readonly ToldFinding[]): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, Set<string>>()
  for (const finding of findings) {
    const key = keyOf(finding)
    const ids = all.get(key) ?? new Set()
    for (const id of finding.ids) ids.add(id)
    all.set(key, ids)
  }
  return all
}

/** Advisories that share an id are of one vulnerability, of which they are several words. */
function vulnerabilities(findings: readonly ToldFinding[]): readonly ToldFinding[] {
  const kept: ToldFinding[] = []
  for (const [, of] of Map.groupBy(findings, keyOf)) {
    let groups: ToldFinding[] = []
    for (const finding of of) {
      const same = groups.filter(({ ids }) => ids.some(id => finding.ids.includes(id)))
      const ids = [...new Set([finding, ...same].flatMap(each => each.ids))]
      groups = [...groups.filter(each => !same.includes(each)), { ...finding, ids }]
    }
    kept.push(...groups)
  }
  return kept
}
