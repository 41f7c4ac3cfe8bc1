import type { Severity } from '../schema-advisories.ts'

/** A package that advisories are matched against. */
export interface PackageToJudge {
  readonly id: number
  readonly ecosystem: string
  readonly name: string
  readonly version: string
  readonly source: { readonly name: string; readonly version: string } | undefined
}

/** An advisory that names the package, or what it was built from. */
export interface Candidate {
  readonly id: string
  readonly source: string
  readonly format: string
  /** JSON, as it was written. */
  readonly head: string
  /** JSON: what it says of the package. */
  readonly affected: string
  /** Which of the two names it has. */
  readonly name: string
}

/** A vulnerability that a package has. */
export interface FoundVulnerability {
  readonly vulnerability: string
  /** All of them, with the vulnerability's own. */
  readonly ids: readonly string[]
  readonly severity: Severity
  readonly cvssScore: number | undefined
  readonly fixedIn: string | undefined
  readonly summary: string
  readonly url: string | undefined
  readonly source: string
}

/** An advisory by any of whose ids a vulnerability goes, of whatever package it speaks. */
export interface Elsewhere {
  readonly id: string
  /** JSON, as it was written. */
  readonly head: string
}

/** @param elsewhere by vulnerability: where those that name the package do not say how severe it is. */
export type JudgePackage = (
  subject: PackageToJudge,
  candidates: readonly Candidate[],
  elsewhere?: ReadonlyMap<string, readonly Elsewhere[]>,
) => readonly FoundVulnerability[]

/** One that was not known of the package before, or came back. */
export interface NewFinding extends FoundVulnerability {
  readonly packageId: number
  readonly ecosystem: string
  readonly package: string
  readonly version: string
  readonly isReopened: boolean
}

export const SEVERITY_RANKS: Readonly<Record<Severity, number>> = {
  unknown: 0,
  negligible: 1,
  low: 2,
  medium: 3,
  high: 4,
  critical: 5,
}
