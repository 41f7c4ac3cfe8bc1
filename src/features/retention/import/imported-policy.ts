import type { RetentionRule } from '../policy.ts'

/** Where an imported policy is to hold. */
export interface ImportPlace {
  /** Names of repositories in the document are below it. */
  readonly project: string
  /** Globs over whole names: the repositories that a document of one repository is for; absent: all of the project. */
  readonly repositories?: readonly string[] | undefined
}

export interface ImportRemark {
  /** Where in the document: `rules.0.selection.countType`. */
  readonly path: string
  readonly message: string
}

export interface ImportedPolicy {
  /** Never delete more than the document does. */
  readonly rules: readonly RetentionRule[]
  /** Cron expression, in UTC. */
  readonly schedule?: string | undefined
  /** What of the document is not in the rules. */
  readonly problems: readonly ImportRemark[]
  /** What is in them and works in another way here. */
  readonly notes: readonly ImportRemark[]
}

/** What every count by push says: see docs/retention-import.md. */
export const COUNTS_BY_TAG =
  'an image counts as new again when a tag is set on it; where the document comes from, its first push counts'

/** As many as a policy may say; no image is as old. */
export const LONGEST_DAYS = 36_500

const LONGEST_NAME = 100

/** A rule's name: once in a policy, and short enough for a table. */
export function ruleName(name: string, taken: Set<string>): string {
  const short = name.trim().slice(0, LONGEST_NAME)
  let unique = short
  for (let count = 2; taken.has(unique); count += 1) unique = `${short.slice(0, LONGEST_NAME - 5)} (${count})`
  taken.add(unique)
  return unique
}
