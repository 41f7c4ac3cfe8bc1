import { instant, type Json, list, object, text } from '../../../platform/foreign-json/index.ts'
import { type ReadReport, severityOf } from './report.ts'

export function isTrivy({ SchemaVersion, ArtifactName }: Json): boolean {
  return typeof SchemaVersion === 'number' && ArtifactName !== undefined
}

/** `trivy image --format json`. */
export function readTrivy(document: Json): ReadReport {
  const found = list(document.Results).flatMap(result =>
    list(object(result).Vulnerabilities).flatMap(each => {
      const { VulnerabilityID, PkgName, InstalledVersion, FixedVersion, Severity } = object(each)
      const [vulnerability, name] = [text(VulnerabilityID), text(PkgName)]
      if (vulnerability === undefined || name === undefined) return []
      const version = text(InstalledVersion) ?? ''
      return [
        { vulnerability, package: name, version, fixedIn: text(FixedVersion), severity: severityOf(text(Severity)) },
      ]
    }),
  )
  const version = text(object(document.Trivy).Version)
  return { format: 'Trivy', scanner: 'trivy', version, madeAt: instant(document.CreatedAt), found }
}
