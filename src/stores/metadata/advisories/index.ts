import type { Engine } from '../engine.ts'
import { type AdvisoryEditions, createAdvisoryEditions } from './editions.ts'
import { createFindings, type Findings } from './findings.ts'
import { type AdvisoryLookup, createAdvisoryLookup } from './lookup.ts'
import { type AdvisoryMatching, createAdvisoryMatching } from './matching.ts'
import { type AdvisorySources, createAdvisorySources } from './sources.ts'

export type { AdvisoryEditions, AdvisoryRecord, Exploited, Prediction, Written } from './editions.ts'
export type { Finding, FindingFilter, FindingInImage, FindingKey, Severity } from './finding.ts'
export type { FindingPage, Findings } from './findings.ts'
export type { HitImage, HitRepository } from './hits.ts'
export type { Candidate, FoundVulnerability, JudgePackage, NewFinding, PackageToJudge } from './judgement.ts'
export type { AdvisoryLookup, StoredAdvisory } from './lookup.ts'
export type { AdvisoryMatching, Settled, Telling } from './matching.ts'
export type { AdvisorySource, AdvisorySources, Answered, Claim } from './sources.ts'

/** What the world knows of vulnerable packages, and where that hits this registry. */
export interface AdvisoryTables {
  readonly sources: AdvisorySources
  readonly editions: AdvisoryEditions
  readonly findings: Findings
  readonly matching: AdvisoryMatching
  readonly lookup: AdvisoryLookup
}

export function createAdvisoryTables(engine: Engine): AdvisoryTables {
  return {
    sources: createAdvisorySources(engine),
    editions: createAdvisoryEditions(engine),
    findings: createFindings(engine),
    matching: createAdvisoryMatching(engine),
    lookup: createAdvisoryLookup(engine),
  }
}
