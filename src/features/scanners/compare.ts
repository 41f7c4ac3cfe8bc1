import type { ReportedFinding, ScanReport } from '../../stores/metadata/index.ts'
import type { Permit } from '../access/index.ts'
import { imageNamed } from './images.ts'
import { OWN, type OwnFinding, type Scanners } from './scanners.ts'

/** One vulnerability in one package, and who found it. */
export interface Compared {
  readonly vulnerability: string
  readonly package: string
  readonly version: string
  /** By scanner: as it told it. */
  readonly by: ReadonlyMap<string, Pick<ReportedFinding, 'severity' | 'fixedIn'>>
}

export interface Comparison {
  /** Berth's own first. */
  readonly scanners: readonly { readonly name: string; readonly findings: number; readonly report?: ScanReport }[]
  /** Those that not all found first. */
  readonly compared: readonly Compared[]
}

/** What several scanners say of one image, side by side. @throws NOT_FOUND. */
export async function compareScanners(
  scanners: Scanners,
  permit: Permit<'pull'>,
  reference: string,
): Promise<Comparison> {
  const { repository, digest } = await imageNamed(scanners, permit, reference)
  const own = await scanners.findingsOf(repository, digest)
  const reports = await scanners.tables.reports.of(repository, digest)
  const others = await Promise.all(
    reports.map(async report => ({ report, found: await scanners.tables.reports.findingsOf(report.id) })),
  )
  return {
    scanners: [
      { name: OWN, findings: own.length },
      ...reports.map(report => ({ name: report.scanner, findings: report.findings, report })),
    ],
    compared: compare(own, new Map(others.map(({ report, found }) => [report.scanner, found]))),
  }
}

/** By the CVE, where Berth knows that an id is another name of it, and the name of the package. Pure. */
export function compare(
  own: readonly OwnFinding[],
  others: ReadonlyMap<string, readonly ReportedFinding[]>,
): readonly Compared[] {
  const canonical = new Map(own.flatMap(each => each.aliases.map(alias => [alias, each.vulnerability] as const)))
  const rows = new Map<string, Compared & { readonly by: Map<string, Pick<ReportedFinding, 'severity' | 'fixedIn'>> }>()
  for (const [scanner, found] of new Map([[OWN, own as readonly ReportedFinding[]], ...others])) {
    for (const { vulnerability: given, package: name, version, severity, fixedIn } of found) {
      const vulnerability = canonical.get(given) ?? given
      const key = `${vulnerability}\0${name.toLowerCase()}`
      const row = rows.get(key) ?? { vulnerability, package: name, version, by: new Map() }
      rows.set(key, row)
      if (!row.by.has(scanner)) row.by.set(scanner, { severity, fixedIn })
    }
  }
  return [...rows.values()].toSorted(
    (one, other) =>
      one.by.size - other.by.size || order(one.vulnerability, other.vulnerability) || order(one.package, other.package),
  )
}

function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
