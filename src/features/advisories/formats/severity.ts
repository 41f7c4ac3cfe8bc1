import { fromVector } from 'ae-cvss-calculator'
import { tableOf } from '../../../platform/foreign-json/index.ts'
import type { Severity } from '../../../stores/metadata/index.ts'

const WORDS = tableOf<Severity>({
  critical: 'critical',
  important: 'high',
  high: 'high',
  moderate: 'medium',
  medium: 'medium',
  low: 'low',
  minor: 'low',
  negligible: 'negligible',
  unimportant: 'negligible',
  none: 'negligible',
})

/** What a vendor calls it, in the words of this registry; undefined for words that say nothing. */
export function severityOf(word: unknown): Severity | undefined {
  return typeof word === 'string' ? WORDS[word.trim().toLowerCase().replace(/\*+$/, '')] : undefined
}

/** Of the newest version of CVSS among the vectors; undefined when none of them can be read. */
export function scoreOf(vectors: readonly string[]): number | undefined {
  const newestFirst = vectors
    .filter(vector => vector.startsWith('CVSS:') || vector.startsWith('AV:'))
    .toSorted()
    .toReversed()
  for (const vector of newestFirst) {
    const score = scoreOfOne(vector)
    if (score !== undefined) return score
  }
  return undefined
}

function scoreOfOne(vector: string): number | undefined {
  try {
    const score = fromVector(vector)?.calculateScores().overall
    return score !== undefined && Number.isFinite(score) ? score : undefined
  } catch (error) {
    // What is no vector has no score; the record may be read all the same.
    if (error instanceof Error) return undefined
    throw error
  }
}

/** As the CVSS specification names them. */
export function severityOfScore(score: number | undefined): Severity {
  if (score === undefined) return 'unknown'
  if (score >= 9) return 'critical'
  if (score >= 7) return 'high'
  if (score >= 4) return 'medium'
  return score > 0 ? 'low' : 'negligible'
}
