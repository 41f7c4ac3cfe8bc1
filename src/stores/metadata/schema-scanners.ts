import type { Generated } from 'kysely'
import type { Digest } from '../../oci/index.ts'

/** Other scanners, and what they found. Times are milliseconds since the epoch. */
export interface ScannersSchema {
  /** Adapters of Harbor's Pluggable Scanner API, registered by administrators. */
  scanners: {
    id: Generated<number>
    name: string
    /** Below which /api/v1 is. */
    url: string
    /** Sealed: what is sent as Authorization; null: nothing. */
    authorization: string | null
    /** Every image is scanned after its push. */
    is_automatic: 0 | 1
    /** As its metadata says. */
    vendor: string | null
    version: string | null
    /** JSON list of the media types of manifests that it takes. */
    consumes: string
    /** The media type of reports that is asked for. */
    produces: string
    /** Of the last manifest that was put in line for it. */
    seen: number
    created_at: number
    created_by: string
  }
  /** What a scanner is to be asked, or was and has not answered. */
  scanner_requests: {
    id: Generated<number>
    scanner_id: number
    repository_id: number
    digest: Digest
    media_type: string
    /** What the scanner calls it; null until it took it. */
    request: string | null
    /** Null: given up, for the reason there is. */
    due_at: number | null
    attempts: number
    problem: string | null
    asked_at: number
    asked_by: string
  }
  /** The last one of each scanner about an image of a repository; goes with it. */
  scan_reports: {
    /** UUIDv7. */
    id: string
    repository_id: number
    digest: Digest
    scanner: string
    version: string | null
    format: string
    findings: number
    /** When the scanner made it, as it says. */
    made_at: number | null
    received_at: number
    received_by: string
  }
  scan_report_findings: {
    report_id: string
    position: number
    vulnerability: string
    package: string
    version: string
    fixed_in: string | null
    severity: 'critical' | 'high' | 'medium' | 'low' | 'negligible' | 'unknown'
  }
}
