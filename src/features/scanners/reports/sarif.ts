import { instant, type Json, list, object, text } from '../../../platform/foreign-json/index.ts'
import type { ReportedFinding } from '../../../stores/metadata/index.ts'
import { type ReadReport, severityOf, severityOfScore } from './report.ts'

export function isSarif({ runs, version, $schema }: Json): boolean {
  return Array.isArray(runs) && (text(version)?.startsWith('2.') === true || text($schema)?.includes('sarif') === true)
}

/**
 * SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/). It has no place for packages: Trivy and Grype write them
 * into the message, and what says nothing of the kind is a finding without a package.
 */
export function readSarif(document: Json): ReadReport {
  const runs = list(document.runs).map(object)
  const driver = object(object(runs[0]?.tool).driver)
  const { endTimeUtc } = object(list(runs[0]?.invocations)[0])
  return {
    format: 'SARIF',
    scanner: text(driver.name),
    version: text(driver.semanticVersion) ?? text(driver.version),
    madeAt: instant(endTimeUtc),
    found: runs.flatMap(findingsOf),
  }
}

const ID = /\b(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3}|[A-Z]{3,10}-\d{4}[-:]\d+|GO-\d{4}-\d+)\b/

function findingsOf(run: Json): ReportedFinding[] {
  const rules = new Map(list(object(object(run.tool).driver).rules).map(each => [text(object(each).id), object(each)]))
  return list(run.results).flatMap(each => {
    const result = object(each)
    const rule = text(result.ruleId) ?? text(object(result.rule).id)
    const message = text(object(result.message).text) ?? ''
    const vulnerability = ID.exec(rule ?? '')?.[0] ?? ID.exec(message)?.[0]
    if (vulnerability === undefined) return []
    return [{ vulnerability, ...packageIn(message), severity: severityIn(result, rules.get(rule), message) }]
  })
}

function packageIn(message: string): Pick<ReportedFinding, 'package' | 'version' | 'fixedIn'> {
  const line = (heading: string) => text(new RegExp(`^${heading}:[ \\t]*(.*)$`, 'm').exec(message)?.[1])
  const ofTrivy = line('Package')
  if (ofTrivy !== undefined)
    return { package: ofTrivy, version: line('Installed Version') ?? '', fixedIn: line('Fixed Version') }
  const [, name = '', version = ''] = / package: ([^\s,]+), version ([^\s,]+)/.exec(message) ?? []
  return { package: name, version, fixedIn: undefined }
}

function severityIn(result: Json, rule: Json | undefined, message: string): ReportedFinding['severity'] {
  const score = object(rule?.properties)['security-severity'] ?? object(result.properties)['security-severity']
  const byScore = severityOfScore(Number(score))
  const word =
    /^Severity:[ \t]*(\w+)/m.exec(message)?.[1] ?? /\b(critical|high|medium|low)\b vulnerability/i.exec(message)?.[1]
  if (word !== undefined) return severityOf(word)
  if (byScore !== 'unknown') return byScore
  const level = text(result.level) ?? text(object(rule?.defaultConfiguration).level)
  return level === 'error' ? 'high' : level === 'warning' ? 'medium' : level === 'note' ? 'low' : 'unknown'
}
