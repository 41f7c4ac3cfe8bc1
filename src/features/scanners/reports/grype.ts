import { instant, type Json, list, object, text, texts } from '../../../platform/foreign-json/index.ts'
import { type ReadReport, severityOf } from './report.ts'

export function isGrype({ matches, descriptor }: Json): boolean {
  return Array.isArray(matches) && descriptor !== undefined
}

/** `grype -o json`. */
export function readGrype(document: Json): ReadReport {
  const { name: scanner, version, timestamp } = object(document.descriptor)
  const found = list(document.matches).flatMap(match => {
    const { vulnerability: given, relatedVulnerabilities, artifact } = object(match)
    const { id, severity, fix } = object(given)
    const { name, version } = object(artifact)
    const names = texts(id, ...list(relatedVulnerabilities).map(each => object(each).id))
    // It goes by the id of the advisory; the CVE is what others go by.
    const vulnerability = names.find(each => each.startsWith('CVE-')) ?? names[0]
    const inPackage = text(name)
    if (vulnerability === undefined || inPackage === undefined) return []
    const fixedIn = texts(...list(object(fix).versions))[0]
    return [
      {
        vulnerability,
        package: inPackage,
        version: text(version) ?? '',
        fixedIn,
        severity: severityOf(text(severity)),
      },
    ]
  })
  return {
    format: 'Grype',
    scanner: text(scanner) ?? 'grype',
    version: text(version),
    madeAt: instant(timestamp),
    found,
  }
}
