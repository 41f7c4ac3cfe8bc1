import { type Digest, encodedOf } from './digest.ts'
import type { Tag } from './reference.ts'

/** What cosign hangs on the tags by which it found signatures, attestations and SBOMs before there were referrers. */
const SUFFIXES = ['', '.sig', '.att', '.sbom'] as const
/** As many digits as a referrers tag has, of a longer digest too. */
const DIGITS = 64
const FALLBACK = /^(sha256|sha512)-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?$/

/**
 * The tags under which clients keep what refers to `subject` where a registry knows no referrers: the referrers tag of
 * the distribution specification v1.1.1 (spec.md#referrers-tag-schema), and cosign's own.
 */
export function fallbackTags(subject: Digest): Tag[] {
  const base = `${subject.slice(0, subject.indexOf(':'))}-${encodedOf(subject).slice(0, DIGITS)}`
  return SUFFIXES.map(suffix => `${base}${suffix}` as Tag)
}

/** How the digest begins whose referrers the tag keeps: all of a SHA-256; undefined for every other tag. */
export function subjectOfFallbackTag(tag: string): string | undefined {
  const [, algorithm, digits] = FALLBACK.exec(tag) ?? []
  return algorithm && `${algorithm}:${digits}`
}

/** Between these two all of them lie, in the order of bytes. */
export const FALLBACK_TAGS = { from: 'sha256-', to: 'sha512.' } as const
