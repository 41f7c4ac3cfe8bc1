import { instant, type Json, list, object, text } from '../../../platform/foreign-json/index.ts'
import { type ReadReport, severityOf } from './report.ts'

export function isHarbor({ scanner, vulnerabilities, bomFormat }: Json): boolean {
  return (
    bomFormat === undefined && scanner !== undefined && (vulnerabilities === null || Array.isArray(vulnerabilities))
  )
}

/** What adapters of the Pluggable Scanner API answer with: https://github.com/goharbor/pluggable-scanner-spec */
export function readHarbor(document: Json): ReadReport {
  const { name, version } = object(document.scanner)
  const found = list(document.vulnerabilities).flatMap(each => {
    const finding = object(each)
    const [vulnerability, inPackage] = [text(finding.id), text(finding.package)]
    if (vulnerability === undefined || inPackage === undefined) return []
    return [
      {
        vulnerability,
        package: inPackage,
        version: text(finding.version) ?? '',
        fixedIn: text(finding.fix_version),
        severity: severityOf(text(finding.severity)),
      },
    ]
  })
  return {
    format: 'Harbor',
    scanner: text(name),
    version: text(version),
    madeAt: instant(document.generated_at),
    found,
  }
}
