import { storable } from '../../../platform/foreign-json/index.ts'
import type { ReportedFinding } from '../../../stores/metadata/index.ts'

/** What a scanner found in one image, whatever its format. */
export interface ReadReport {
  readonly format: 'Harbor' | 'SARIF' | 'Trivy' | 'Grype' | 'CycloneDX'
  /** As the report names it. */
  readonly scanner: string | undefined
  readonly version: string | undefined
  /** Milliseconds since the epoch. */
  readonly madeAt: number | undefined
  readonly found: readonly ReportedFinding[]
}

/** It cannot be read; the message says why. */
export class UnreadableReport extends Error {
  override readonly name = 'UnreadableReport'
}

export const MOST_FINDINGS = 20_000
const LONGEST = 500

/** Each thing once, and none longer than anybody reads. @throws UnreadableReport when there are too many. */
export function bounded(report: ReadReport): ReadReport {
  const distinct = new Map<string, ReportedFinding>()
  for (const { vulnerability, package: name, version, fixedIn, severity } of report.found) {
    if (vulnerability.length > LONGEST || name.length > LONGEST) continue
    const finding = {
      vulnerability: storable(vulnerability),
      package: storable(name),
      version: storable(version.slice(0, LONGEST)),
      fixedIn: shortened(fixedIn),
      severity,
    }
    distinct.set([vulnerability, name, version].join('\0'), finding)
  }
  if (distinct.size > MOST_FINDINGS) throw new UnreadableReport(`it has more than ${MOST_FINDINGS} findings`)
  return { ...report, version: shortened(report.version), found: [...distinct.values()] }
}

function shortened(text: string | undefined): string | undefined {
  return text === undefined ? undefined : storable(text.slice(0, LONGEST))
}

/** The worst first. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const

/** By the words of scanners: `HIGH`, `Important`, `moderate`. */
export function severityOf(word: string | undefined): ReportedFinding['severity'] {
  const lower = word?.toLowerCase()
  if (lower === 'important') return 'high'
  if (lower === 'moderate') return 'medium'
  if (lower === 'info' || lower === 'none') return 'negligible'
  return SEVERITIES.find(each => each === lower) ?? 'unknown'
}

/** https://www.first.org/cvss/v3.1/specification-document, table 14. */
export function severityOfScore(score: number): ReportedFinding['severity'] {
  if (!(score > 0)) return 'unknown'
  return score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : 'low'
}
