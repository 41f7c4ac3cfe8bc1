import type { Digest } from '../../oci/index.ts'
import type { Clock } from '../../platform/clock/index.ts'
import type { Explanation, Explanations } from '../../stores/metadata/index.ts'
import type { CollectRules } from './garbage-collection.ts'

export interface DigestExplanation {
  readonly digest: Digest
  readonly object?: { readonly sizeBytes: number; readonly state: string }
  readonly places: readonly (Explanation & { readonly decision: 'kept' | 'goes'; readonly because: string })[]
  /** One sentence that answers the question. */
  readonly summary: string
}

/** Why garbage collection keeps `digest`, or when it takes it. */
export async function explainDigest(
  explanations: Explanations,
  rules: Pick<CollectRules, 'graceMs' | 'untagged'>,
  clock: Clock,
  digest: Digest,
): Promise<DigestExplanation> {
  const object = await explanations.object(digest)
  const places = (await explanations.inRepositories(digest)).map(place => ({
    ...place,
    ...decide(place, rules, clock()),
  }))
  return { digest, ...(object ? { object } : {}), places, summary: summarize(digest, object, places) }
}

function decide(place: Explanation, rules: Pick<CollectRules, 'graceMs' | 'untagged'>, now: number) {
  const kept = (because: string) => ({ decision: 'kept' as const, because })
  if (place.tags.length > 0) return kept(`it has the tag ${place.tags.join(', ')}`)
  if (place.referencedBy.length > 0) {
    return kept(`${place.kind === 'blob' ? 'manifest' : 'index'} ${place.referencedBy.join(', ')} names it`)
  }
  if (place.subject) return kept(`it refers to ${place.subject}, which is in the repository`)
  if (place.trash) return kept(trashText(place.trash))
  if (place.kind === 'manifest' && rules.untagged === 'keep') {
    return kept('manifests without a tag are kept (gc.untagged: keep)')
  }
  const due = (place.candidateSince ?? now) + rules.graceMs
  if (due > now) {
    return kept(
      `nothing refers to it since ${iso(place.candidateSince ?? now)}, and its grace period lasts until ${iso(due)}`,
    )
  }
  return { decision: 'goes' as const, because: `nothing refers to it since ${iso(place.candidateSince ?? now)}` }
}

function trashText({ why, tag, digest, until }: NonNullable<Explanation['trash']>): string {
  if (why === 'itself') return `it is in the trash until ${iso(until)}`
  if (why === 'subject') return `it refers to ${digest}, which is in the trash until ${iso(until)}`
  if (tag !== undefined) return `the tag ${tag}, in the trash until ${iso(until)}, points at it`
  return `manifest ${digest}, in the trash until ${iso(until)}, names it`
}

function summarize(
  digest: Digest,
  object: { state: string; condemnedAt?: number } | undefined,
  places: DigestExplanation['places'],
): string {
  const keeping = places.find(place => place.decision === 'kept')
  if (keeping) return `${digest} is kept: in ${keeping.repository} ${keeping.because}.`
  if (places.length > 0) return `${digest} goes with the next garbage collection: ${places[0]?.because}.`
  if (object?.state === 'condemned')
    return `${digest} was taken out of every repository; its bytes go with the next garbage collection.`
  return `${digest} is not in this registry.`
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
