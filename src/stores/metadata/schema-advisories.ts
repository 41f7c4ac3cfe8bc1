import type { Generated } from 'kysely'

/** What the world knows of vulnerable packages, and which packages of this registry that hits. Times are milliseconds. */
export interface AdvisoriesSchema {
  /** Where advisories come from, and how they stand. */
  advisory_sources: {
    /** `osv:Go`, `debian`, `epss`… */
    id: string
    format: string
    /** Where the last set came from, for people. */
    origin: string | null
    /** The edition that counts: rows of a later one are being written, or were when a process was killed. */
    edition: number
    /** The edition whose changes were matched against the packages; what ended in it or before can go. */
    matched: number
    /** Of the last answer, to ask for what is newer only. */
    etag: string | null
    last_modified: string | null
    tried_at: number | null
    /** When it was last known to be what the source has. */
    checked_at: number | null
    changed_at: number | null
    /** The newest time in the records themselves. */
    newest_at: number | null
    records: number
    /** Why the last try failed. */
    problem: string | null
    /** Who writes the next edition, and until when unless that is renewed. */
    claim: string | null
    claimed_until: number | null
  }
  /** Counts in the editions from `edition_from` up to and without `edition_until`. */
  advisories: {
    number: Generated<number>
    source: string
    /** Of the record within its source. */
    record: string
    id: string
    edition_from: number
    edition_until: number | null
    /** Of everything the record says. */
    hash: string
    /** JSON: what matching asks for. */
    head: string
    /** JSON: what only people read. */
    body: string
  }
  advisory_packages: {
    advisory: number
    position: number
    ecosystem: string
    name: string
    /** JSON: ranges, versions. */
    affected: string
  }
  /** The advisory's own id, its aliases, and what it is about. */
  advisory_ids: { id: string; advisory: number }
  /** EPSS. */
  exploit_predictions: { vulnerability: string; edition: number; score: number; percentile: number }
  /** CISA's list of those that are used in attacks. */
  exploited: { vulnerability: string; edition: number; added_at: number | null; due_at: number | null }
  /** A vulnerability in a package; which images that hits is a join over inventory_packages. */
  package_findings: {
    package_id: number
    /** The CVE where there is one. */
    vulnerability: string
    /** JSON list of all ids. */
    ids: string
    severity: Severity
    /** 0 unknown to 5 critical. */
    severity_rank: number
    cvss: number | null
    /** The first version without it; null when there is none. */
    fixed_in: string | null
    summary: string
    url: string | null
    /** Whose word it is. */
    source: string
    first_seen_at: number
    /** Of the span that lasts, or lasted until `ended_at`. */
    since: number
    ended_at: number | null
    /** How often it came back. */
    reopened: number
  }
}

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'negligible' | 'unknown'
