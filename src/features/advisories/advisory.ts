import type { Severity } from '../../stores/metadata/index.ts'

/** What one record of a source says, whatever its format. Times are milliseconds since the epoch. */
export interface Advisory {
  /** Of the record within its source: sources that speak of each package by itself use an id several times. */
  readonly record: string
  readonly id: string
  /** Other ids of the same vulnerability. */
  readonly aliases: readonly string[]
  /** Vulnerabilities that it is about, as an advisory of a distribution is about several. */
  readonly upstream: readonly string[]
  readonly related: readonly string[]
  readonly summary: string
  readonly details: string
  /** The vendor's word. */
  readonly severity: Severity | undefined
  /** CVSS of any version. */
  readonly vectors: readonly string[]
  readonly published: number | undefined
  readonly modified: number | undefined
  readonly withdrawn: number | undefined
  readonly affected: readonly Affected[]
  readonly url: string | undefined
}

/** What it says of one package. */
export interface Affected {
  readonly ecosystem: string
  readonly name: string
  /** `not affected`: the vendor says that it never was, or is no more, whatever the version. */
  readonly status: 'affected' | 'not affected'
  readonly ranges: readonly (readonly RangeEvent[])[]
  /** One by one, beside the ranges. */
  readonly versions: readonly string[]
  /** Where the package has a word of its own. */
  readonly severity?: Severity | undefined
  readonly vectors?: readonly string[] | undefined
}

/** `0` as `introduced` stands for the beginning. */
export type RangeEvent =
  | { readonly introduced: string }
  | { readonly fixed: string }
  | { readonly lastAffected: string }
  | { readonly limit: string }
