import type { Engine } from '../engine.ts'
import { createScanReports, type ScanReports } from './scan-reports.ts'
import { createScannerList, type ScannerList } from './scanner-list.ts'
import { createScannerRequests, type ScannerRequests } from './scanner-requests.ts'

export type { NewScanReport, ReportedFinding, ReportKept, ScanReport, ScanReports } from './scan-reports.ts'
export type { Scanner, ScannerAdded, ScannerList } from './scanner-list.ts'
export type { RequestState, ScannerRequest, ScannerRequests } from './scanner-requests.ts'

/** Other scanners, what they are asked and what they found. */
export interface ScannerTables {
  readonly list: ScannerList
  readonly requests: ScannerRequests
  readonly reports: ScanReports
}

export function createScannerTables(engine: Engine): ScannerTables {
  return {
    list: createScannerList(engine),
    requests: createScannerRequests(engine),
    reports: createScanReports(engine),
  }
}
