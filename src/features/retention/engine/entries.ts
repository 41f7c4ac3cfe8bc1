import type { RepositoryRow } from '../../../stores/metadata/index.ts'
import type { Relations } from './relations.ts'
import type { Versions } from './versions.ts'

/** Whether a rule selects something: no, not known (a fact is missing), yes. */
export const NO = 0
export const UNKNOWN = 1
export const YES = 2

/**
 * What rules decide about in one repository, by number: first its tags, by digest and name, then its images without a tag,
 * by digest. Compact, because there may be millions; names and digests are read again when they are told.
 */
export interface Entries {
  readonly repository: RepositoryRow
  readonly tagCount: number
  /** The image that each entry is about, as `relations` numbers them. */
  readonly imageOf: Int32Array
  /** When the tag was set, or the image without one was pushed; milliseconds since the epoch. */
  readonly setAt: Float64Array
  /** By the rule's place in the policy: for each entry NO, UNKNOWN or YES; undefined where the rule says nothing here. */
  readonly selection: readonly (Uint8Array | undefined)[]
  readonly relations: Relations
  /** By manifest, the last pull of it or of what it is an index of; 0: none recorded. Absent when no rule asks. */
  readonly pulledAt: Float64Array | undefined
  /** Since when pulls are recorded. */
  readonly pullsSince: number
  /** Absent when no rule asks. */
  readonly versions: Versions | undefined
}

/** The last moment at which the image was used as far as the entry tells, or may have been. */
export function lastUse({ pulledAt, pullsSince, imageOf, setAt }: Entries, entry: number): number {
  const pulled = pulledAt?.[imageOf[entry] as number] || pullsSince
  return Math.max(pulled, setAt[entry] as number)
}
