import type { Digest } from '../../../oci/index.ts'
import type { RetentionReading } from '../../../stores/metadata/index.ts'
import type { FreedBytes } from './freed-bytes.ts'
import { type Entry, entriesOf, type RepositoryPlan } from './plan-repository.ts'

/** So many tags of one image are told and deleted together; of an image with more, they come in parts. */
const MOST_TOGETHER = 200
/** One in so many. */
const MOSTLY = 20

/** An image, or a part of its tags, with what was decided. */
export interface PlannedImage {
  readonly digest: Digest
  readonly image: number
  readonly entries: readonly Entry[]
  /** Whether the image itself goes, with the last part. */
  readonly goes: boolean
  readonly freedBytes: number
}

/** The images of the repository in the order of their entries, a page at a time, with the bytes that each frees. */
export async function* imagesOf(
  reading: RetentionReading,
  plan: RepositoryPlan,
  freed: FreedBytes,
): AsyncGenerator<readonly PlannedImage[]> {
  const claimed = new Uint8Array(plan.goes.length)
  await freed.beginRepository(reading, plan.entries.repository.id, goesMostly(plan))
  let part: Entry[] = []
  let page: Part[] = []
  for await (const entries of entriesOf(reading, plan.entries)) {
    for (const entry of entries) {
      const [first] = part
      const isNext = first !== undefined && (first.digest !== entry.digest || entry.tag === undefined)
      if (isNext || part.length === MOST_TOGETHER) {
        page.push({ entries: part, isLast: isNext })
        part = []
      }
      part.push(entry)
    }
    if (page.length > 0) yield await withBytes(reading, plan, { parts: page, freed, claimed })
    page = []
  }
  if (part.length > 0)
    yield await withBytes(reading, plan, { parts: [{ entries: part, isLast: true }], freed, claimed })
}

/** Then it is quicker to read what all of its manifests share than to ask for what each has. */
function goesMostly({ goes, going, entries }: RepositoryPlan): boolean {
  return going > 0 && going * MOSTLY > entries.imageOf.length && goes.includes(1)
}

interface Part {
  readonly entries: PlannedImage['entries']
  readonly isLast: boolean
}

async function withBytes(
  reading: RetentionReading,
  plan: RepositoryPlan,
  {
    parts,
    freed,
    claimed,
  }: { readonly parts: readonly Part[]; readonly freed: FreedBytes; readonly claimed: Uint8Array },
): Promise<readonly PlannedImage[]> {
  const images = parts.map(({ entries, isLast }) => {
    const { digest, number } = entries[0] as PlannedImage['entries'][number]
    const image = plan.entries.imageOf[number] as number
    return { digest, image, entries, goes: isLast && plan.goes[image] === 1 }
  })
  const going = images.filter(({ goes }) => goes).map(({ digest }) => digest)
  const owners = await withFollowers(reading, plan, going, claimed)
  const bytes = new Map<Digest, number>()
  for (const [manifest, freedBytes] of await freed.take(reading, plan.entries.repository.id, [...owners.keys()])) {
    const owner = owners.get(manifest) as Digest
    bytes.set(owner, (bytes.get(owner) ?? 0) + freedBytes)
  }
  return images.map(image => ({ ...image, freedBytes: (image.goes && bytes.get(image.digest)) || 0 }))
}

/** The manifests that go, each with the image that it goes with; what follows several goes with the first. */
async function withFollowers(
  reading: RetentionReading,
  { entries: { repository, relations }, goes }: RepositoryPlan,
  going: readonly Digest[],
  claimed: Uint8Array,
): Promise<ReadonlyMap<Digest, Digest>> {
  const owners = new Map(going.map(digest => [digest, digest]))
  for (let level = relations.isEmpty ? [] : going; level.length > 0; ) {
    const next: Digest[] = []
    for (const { of, digest } of await reading.followers(repository.id, level)) {
      const manifest = relations.find(digest)
      // An image with entries of its own comes by itself.
      if (manifest < relations.images || !goes[manifest] || claimed[manifest]) continue
      claimed[manifest] = 1
      owners.set(digest, owners.get(of) as Digest)
      next.push(digest)
    }
    level = next
  }
  return owners
}
