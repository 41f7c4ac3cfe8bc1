import type { TagPattern } from '../protection/index.ts'

/**
 * What stays in a project and what goes. A rule decides about entries: each tag of a repository is one, and so is each
 * image without a tag. What a keep rule holds stays, whatever a delete rule says and in whatever order they stand; what
 * no rule speaks of stays. An image goes when its last tag has gone and no index names it; what refers to it, and what it
 * alone names, goes with it. A delete rule takes nothing for what is not known: the platform of an image that was pushed a
 * moment ago holds for a keep rule and for no delete rule.
 *
 * Not among the conditions yet, because Berth does not know it: what is deployed.
 */
export interface RetentionPolicy {
  /** A run only reports what it would do. Where every policy begins. */
  readonly isDryRun: boolean
  /** Cron expression, in UTC; absent: only when somebody asks for it. */
  readonly schedule?: string | undefined
  /** A run that would delete a larger share of the project's entries, in percent, deletes nothing. */
  readonly fusePercent: number
  /** Pulls by these, globs over names of principals, keep nothing alive: scanners, replication. */
  readonly ignoredPullers: readonly string[]
  readonly rules: readonly RetentionRule[]
}

export interface RetentionRule {
  /** For people; once in a policy. */
  readonly name: string
  readonly action: 'keep' | 'delete'
  /** Which entries the rule is about; all must hold. */
  readonly select: Selection
  /** Which of those it keeps or deletes; all must hold. Empty: all of them. */
  readonly when: Conditions
  /**
   * No later delete rule takes what this one selects, whether or not this one takes it. (Here too, what is not known yet
   * of an image counts in its favour.)
   */
  readonly isExclusive?: boolean | undefined
}

export interface Selection {
  /** Globs over whole names of repositories; absent: all of the project. */
  readonly repositories?: readonly string[] | undefined
  readonly exceptRepositories?: readonly string[] | undefined
  /** `tagged`: tags; `untagged`: images without one; absent: both. */
  readonly state?: 'tagged' | 'untagged' | undefined
  /** The tag matches one of these; holds for no image without a tag. */
  readonly tags?: readonly TagPattern[] | undefined
  /** The tag matches none of these. */
  readonly exceptTags?: readonly TagPattern[] | undefined
  /** The image has, for each of these, a tag that matches it. */
  readonly imageHasTags?: readonly TagPattern[] | undefined
  /** The image has a tag that matches none of these; holds for no image without a tag. */
  readonly imageHasTagsExcept?: readonly TagPattern[] | undefined
  /** Globs over the image's digest, such as `sha256:4f*`. */
  readonly digests?: readonly string[] | undefined
  /** Globs over the artifact type, which of an image is the media type of its config. */
  readonly artifactTypes?: readonly string[] | undefined
  /** By key: a glob over the value. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** Labels given in Berth, and those of the image's config. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Globs over `linux/arm64/v8`; of an index: one of its images. */
  readonly platforms?: readonly string[] | undefined
  /** A signature refers to the image. */
  readonly isSigned?: boolean | undefined
  /** An index in the repository names the image. */
  readonly isInIndex?: boolean | undefined
  /** A critical vulnerability is known in it, or of an index in one of its images; not known of what was not scanned yet. */
  readonly hasCriticalFindings?: boolean | undefined
}

export interface Conditions {
  /**
   * Among the newest so many images of those selected in a repository. What belongs to another image that is selected
   * too (the child of an index, what refers to a subject) takes no place of its own, and is where that image is.
   */
  readonly newest?: NewestCount | undefined
  /** Not among them. */
  readonly beyondNewest?: NewestCount | undefined
  /**
   * In one of the newest so many minor lines, such as 1.2, by semantic version; `patches`: the newest so many releases of
   * each. Only releases begin a line; a prerelease is in where the release would be that it leads to.
   */
  readonly newestMinorLines?: { readonly count: number; readonly patches?: number | undefined } | undefined
  /** Since the tag was last set (an image without one: pushed) at least or at most so many days. */
  readonly pushed?: Age | undefined
  /**
   * Since the image, or one that it is an index of, was last pulled by somebody who counts, or the tag was set, whichever
   * was later. Of an image without a recorded pull it is not known whether it was pulled before pulls were recorded
   * (the table pull_records says since when), so that counts as a pull then.
   */
  readonly pulled?: Age | undefined
}

export interface NewestCount {
  readonly count: number
  /**
   * By when the tag was last set, by the last pull (as `pulled` has it), or by semantic version: then what is no version is
   * neither among the newest nor beyond them.
   */
  readonly by: 'push' | 'pull' | 'version'
}

export interface Age {
  readonly atLeastDays?: number | undefined
  readonly atMostDays?: number | undefined
}
