import { object } from '../../../platform/foreign-json/index.ts'
import { isCycloneDx, readCycloneDx } from './cyclone-dx.ts'
import { isGrype, readGrype } from './grype.ts'
import { isHarbor, readHarbor } from './harbor.ts'
import { bounded, type ReadReport, UnreadableReport } from './report.ts'
import { isSarif, readSarif } from './sarif.ts'
import { isTrivy, readTrivy } from './trivy.ts'

/** Told apart by what is in it. @throws UnreadableReport. */
export function readReport(document: unknown): ReadReport {
  const whole = object(document)
  if (isSarif(whole)) return bounded(readSarif(whole))
  if (isTrivy(whole)) return bounded(readTrivy(whole))
  if (isGrype(whole)) return bounded(readGrype(whole))
  if (isCycloneDx(whole)) return bounded(readCycloneDx(whole))
  if (isHarbor(whole)) return bounded(readHarbor(whole))
  throw new UnreadableReport('it is no report of SARIF, Trivy, Grype, CycloneDX or Harbor’s scanner adapters, in JSON')
}
