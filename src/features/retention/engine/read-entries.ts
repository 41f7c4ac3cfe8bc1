import type { Digest, Tag } from '../../../oci/index.ts'
import type { RepositoryRow, RetentionReading } from '../../../stores/metadata/index.ts'
import { type Entries, NO, YES } from './entries.ts'
import { bytes, floats, Growing, integers } from './growing.ts'
import { narrowByFacts } from './image-facts.ts'
import { fallbackTagPages, tagPages, untaggedPages } from './pages.ts'
import { Relations } from './relations.ts'
import { type Needs, needsOf, type RuleHere } from './rules-here.ts'
import { Versions } from './versions.ts'

/** Reads all entries of the repository, and of everything else what the rules ask for. */
export async function readEntries(
  reading: RetentionReading,
  repository: RepositoryRow,
  rules: readonly RuleHere[],
): Promise<Entries> {
  const needs = needsOf(rules)
  const areRelated = await hasRelations(reading, repository.id)
  const relations = new Relations(areRelated || asksForManifests(needs))
  const versions = needs.versions ? new Versions() : undefined
  const taken = new Taken(relations, rules, versions, await reading.tagCount(repository.id))
  for await (const rows of tagPages(reading, repository.id))
    for (const { digest, name, updated_at } of rows) taken.takeTag(digest, name, updated_at)
  const tagCount = taken.count
  taken.endOfTags()
  for await (const rows of untaggedPages(reading, repository.id))
    for (const { digest, pushed_at } of rows) taken.takeUntagged(digest, pushed_at)
  if (areRelated) await readRelations(reading, repository.id, relations)
  const entries = {
    repository,
    tagCount,
    ...taken.columns(),
    relations,
    versions,
    pullsSince: needs.pulls ? await reading.pullsSince() : 0,
    pulledAt: needs.pulls ? await readPulls(reading, repository.id, relations) : undefined,
  }
  return { ...entries, selection: await narrowByFacts(reading, entries, rules, taken.selections()) }
}

/** Entries as they are read, one column each. */
class Taken {
  readonly #relations: Relations
  readonly #rules: readonly RuleHere[]
  readonly #versions: Versions | undefined
  readonly #imageOf: Growing<Int32Array>
  readonly #setAt: Growing<Float64Array>
  readonly #selection: readonly Growing<Uint8Array>[]
  readonly #ofImage: readonly ImageTags[]
  #digest: Digest | undefined
  #image = -1

  constructor(relations: Relations, rules: readonly RuleHere[], versions: Versions | undefined, expected: number) {
    this.#imageOf = new Growing(integers, expected)
    this.#setAt = new Growing(floats, expected)
    this.#relations = relations
    this.#rules = rules
    this.#versions = versions
    this.#selection = rules.map(() => new Growing(bytes, expected))
    this.#ofImage = rules.map(({ imageHasTags }) => new ImageTags(imageHasTags))
  }

  get count(): number {
    return this.#imageOf.size
  }

  takeTag(digest: Digest, name: Tag, setAt: number): void {
    if (digest !== this.#digest) {
      this.endOfTags()
      this.#digest = digest
      this.#image = this.#relations.addImage(digest)
    }
    this.#imageOf.push(this.#image)
    this.#setAt.push(setAt)
    this.#versions?.push(name)
    for (const [at, { selectsTag }] of this.#rules.entries()) {
      this.#selection[at]?.push(selectsTag(name) ? YES : NO)
      this.#ofImage[at]?.take(name)
    }
  }

  /** The image has no more tags: what all of them together say can be said. */
  endOfTags(): void {
    const digest = this.#digest
    if (digest === undefined) return
    this.#digest = undefined
    for (const [at, { selectsDigest }] of this.#rules.entries()) {
      const selection = this.#selection[at]
      if (!selection || (this.#ofImage[at]?.end() && selectsDigest(digest))) continue
      for (let entry = selection.size - 1; entry >= 0 && this.#imageOf.at(entry) === this.#image; entry -= 1)
        selection.set(entry, NO)
    }
  }

  takeUntagged(digest: Digest, pushedAt: number): void {
    this.#imageOf.push(this.#relations.addImage(digest))
    this.#setAt.push(pushedAt)
    for (const [at, { selectsUntagged, selectsDigest }] of this.#rules.entries())
      this.#selection[at]?.push(selectsUntagged && selectsDigest(digest) ? YES : NO)
  }

  columns() {
    return { imageOf: this.#imageOf.numbers(), setAt: this.#setAt.numbers() }
  }

  selections(): readonly Uint8Array[] {
    return this.#selection.map(selection => selection.numbers())
  }
}

/** Which of some patterns the tags of one image match. */
class ImageTags {
  readonly #patterns: RuleHere['imageHasTags']
  readonly #found: boolean[]

  constructor(patterns: RuleHere['imageHasTags']) {
    this.#patterns = patterns
    this.#found = patterns.map(() => false)
  }

  take(tag: string): void {
    for (const [at, matches] of this.#patterns.entries()) this.#found[at] ||= matches(tag)
  }

  /** Does it have one for each? The next image begins. */
  end(): boolean {
    const isEach = this.#found.every(Boolean)
    this.#found.fill(false)
    return isEach
  }
}

/** What is read of manifests, beside how they hang together, is found by their digests. */
function asksForManifests({ pulls, manifests, details, labels, signatures, findings }: Needs): boolean {
  return pulls || manifests || details || labels || signatures || findings
}

async function hasRelations(reading: RetentionReading, repositoryId: number): Promise<boolean> {
  for await (const _ of reading.children(repositoryId)) return true
  for await (const _ of reading.referrers(repositoryId)) return true
  for await (const rows of fallbackTagPages(reading, repositoryId)) if (rows.length > 0) return true
  return false
}

async function readRelations(reading: RetentionReading, repositoryId: number, relations: Relations): Promise<void> {
  for await (const rows of reading.children(repositoryId))
    for (const { manifest, target } of rows) relations.add('child', manifest, target)
  for await (const rows of reading.referrers(repositoryId))
    for (const { subject, digest } of rows) relations.add('referrer', subject, digest)
  for await (const rows of fallbackTagPages(reading, repositoryId))
    for (const { subject, digest } of rows) relations.add('fallback', subject, digest)
}

/** When each manifest was pulled last, and each index when one of its children was. */
async function readPulls(reading: RetentionReading, repositoryId: number, relations: Relations): Promise<Float64Array> {
  const pulledAt = new Float64Array(relations.size)
  for await (const rows of reading.lastPulls(repositoryId)) {
    for (const { digest, pulled_at } of rows) {
      const manifest = relations.find(digest)
      if (manifest >= 0) pulledAt[manifest] = pulled_at
    }
  }
  relations.raiseToLeaders('child', pulledAt)
  return pulledAt
}
