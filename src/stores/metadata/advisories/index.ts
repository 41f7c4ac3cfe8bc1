import type { Engine } from '../engine.ts'
import { type AdvisoryEditions, createAdvisoryEditions } from './editions.ts'
import { createFindings, type Findings } from './findings.ts'
import { type AdvisorySources, createAdvisorySources } from './sources.ts'

export type { AdvisoryEditions, AdvisoryRecord, Exploited, Prediction } from './editions.ts'
export type { Finding, FindingFilter, FindingInImage, FindingKey, Severity } from './finding.ts'
export type { FindingPage, Findings } from './findings.ts'
export type { AdvisorySource, AdvisorySources, Answered, Claim } from './sources.ts'

/** What the world knows of vulnerable packages, and where that hits this registry. */
export interface AdvisoryTables {
  readonly sources: AdvisorySources
  readonly editions: AdvisoryEditions
  readonly findings: Findings
}

export function createAdvisoryTables(engine: Engine): AdvisoryTables {
  return {
    sources: createAdvisorySources(engine),
    editions: createAdvisoryEditions(engine),
    findings: createFindings(engine),
  }
}
