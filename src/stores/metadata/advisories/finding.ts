import type { Digest, RepositoryName } from '../../../oci/index.ts'
import type { Severity } from '../schema-advisories.ts'

export type { Severity } from '../schema-advisories.ts'

/** A vulnerability in a package of an image. */
export interface Finding {
  /** The CVE where there is one, else the advisory's own id. */
  readonly vulnerability: string
  /** Every other id it is known by. */
  readonly aliases: readonly string[]
  /** The vendor's word, or what the score makes of it. */
  readonly severity: Severity
  /** CVSS, 0 to 10. */
  readonly cvssScore: number | undefined
  /** EPSS: how likely it is used in attacks within 30 days, 0 to 1. */
  readonly epssScore: number | undefined
  /** On CISA's list of those that are used in attacks. */
  readonly isExploited: boolean
  readonly ecosystem: string
  readonly package: string
  readonly version: string
  readonly purl: string
  readonly summary: string
  /** Which source of advisories says so: `osv:Go`, `debian`… */
  readonly source: string
  /** The first version without it. */
  readonly fixedIn: string | undefined
  /** Which brought the package; undefined for what only an SBOM of its builder tells. */
  readonly layer: Digest | undefined
  readonly path: string
  /** Milliseconds since the epoch: since when this registry knows. */
  readonly since: number
  readonly url: string | undefined
}

/** A finding, and where it is. */
export interface FindingInImage extends Finding {
  readonly repository: RepositoryName
  readonly digest: Digest
}

/** All of it must hold. */
export interface FindingFilter {
  readonly project?: string | undefined
  readonly repository?: RepositoryName | undefined
  readonly digest?: Digest | undefined
  /** By any of its ids. */
  readonly vulnerability?: string | undefined
  readonly severities?: readonly Severity[] | undefined
  /** Any of these names. */
  readonly packages?: readonly string[] | undefined
  readonly isFixable?: boolean | undefined
  readonly isExploited?: boolean | undefined
}

/** Of the last finding of a page. */
export interface FindingKey {
  readonly vulnerability: string
  readonly packageId: number
  readonly inventory: number
  readonly position: number
  readonly manifest: number
}
