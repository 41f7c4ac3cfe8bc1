import { FALLBACK_TAGS, subjectOfFallbackTag } from '../../../oci/index.ts'
import type { RetentionReading } from '../../../stores/metadata/index.ts'

/** Tags that are entries: all but those that keep an image's signatures and the like. */
export async function* tagPages(reading: RetentionReading, repositoryId: number) {
  for await (const rows of reading.tags(repositoryId))
    yield rows.filter(({ name }) => subjectOfFallbackTag(name) === undefined)
}

/** Images without a tag that nothing else stands for: what refers to something lives and goes with that. */
export async function* untaggedPages(reading: RetentionReading, repositoryId: number) {
  for await (const rows of reading.untagged(repositoryId)) yield rows.filter(({ subject }) => subject === null)
}

export async function* fallbackTagPages(reading: RetentionReading, repositoryId: number) {
  for await (const rows of reading.tagsBetween(repositoryId, FALLBACK_TAGS))
    yield rows.flatMap(row => {
      const subject = subjectOfFallbackTag(row.name)
      return subject === undefined ? [] : [{ ...row, subject }]
    })
}
