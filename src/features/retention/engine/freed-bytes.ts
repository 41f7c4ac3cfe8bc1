import type { Digest } from '../../../oci/index.ts'
import type { BlobUse, RetentionReading } from '../../../stores/metadata/index.ts'
import { DigestTable } from './digest-table.ts'
import { floats, Growing } from './growing.ts'

/** What a statement may bind on either engine, with room to spare. */
const CHUNK = 400
/** From then on it is quicker to read all that several repositories have, */
const MOST_ASKED = 50_000
/** unless that is more than these, of which a table takes 30 MiB. */
const MOST_KNOWN = 1_000_000

/** Blobs that are in several places, and in how many of those they are still held. */
class Held {
  readonly #blobs = new DigestTable()
  readonly #places = new Growing(floats)

  get size(): number {
    return this.#blobs.size
  }

  has(blob: Digest): boolean {
    return this.#blobs.find(blob) >= 0
  }

  learn(blob: Digest, places: number): void {
    this.#blobs.add(blob)
    this.#places.push(places)
  }

  /** One place fewer; true for the last, and for what is in no other. */
  release(blob: Digest): boolean {
    const at = this.#blobs.find(blob)
    if (at < 0) return true
    const left = this.#places.at(at) - 1
    this.#places.set(at, left)
    return left === 0
  }
}

/**
 * The bytes of blobs that nothing in the registry names any more when what a run deletes has gone, each blob once: with
 * the manifest that is the last to name it, in the order of the run.
 */
export class FreedBytes {
  readonly #acrossRepositories = new Held()
  readonly #several = new InSeveral()
  #here = new Held()
  #isAllHereKnown = false

  /** What was learnt of the repository before is forgotten. `goesMostly`: a large share of it is going to be taken. */
  async beginRepository(reading: RetentionReading, repositoryId: number, goesMostly: boolean): Promise<void> {
    const shared = goesMostly ? await readShared(reading, repositoryId) : undefined
    this.#isAllHereKnown = shared !== undefined
    this.#here = shared ?? new Held()
  }

  /** The manifests go, in this order and each once in a run; gives the bytes that each frees. */
  async take(
    reading: RetentionReading,
    repositoryId: number,
    manifests: readonly Digest[],
  ): Promise<ReadonlyMap<Digest, number>> {
    const freed = new Map<Digest, number>()
    for (let from = 0; from < manifests.length; from += CHUNK) {
      const chunk = manifests.slice(from, from + CHUNK)
      const ordered = inOrderOf(chunk, await reading.blobUses(repositoryId, chunk))
      const last = await this.#lastInRepository(reading, repositoryId, ordered)
      for (const { manifest, sizeBytes } of await this.#lastOfAll(reading, last))
        freed.set(manifest, (freed.get(manifest) ?? 0) + sizeBytes)
    }
    return freed
  }

  async #lastInRepository(reading: RetentionReading, repositoryId: number, uses: readonly BlobUse[]) {
    if (!this.#isAllHereKnown) {
      const unknown = uses.filter(({ blob }) => !this.#here.has(blob)).map(({ blob }) => blob)
      await learn(this.#here, unknown, blobs => reading.usesIn(repositoryId, blobs))
    }
    return uses.filter(({ blob }) => this.#here.release(blob))
  }

  async #lastOfAll(reading: RetentionReading, uses: readonly BlobUse[]) {
    const several = await this.#several.of(
      reading,
      uses.map(({ blob }) => blob),
    )
    if (several.size === 0) return uses
    const unknown = [...several].filter(blob => !this.#acrossRepositories.has(blob))
    await learn(this.#acrossRepositories, unknown, blobs => reading.holdersOf(blobs))
    return uses.filter(({ blob }) => !several.has(blob) || this.#acrossRepositories.release(blob))
  }
}

/** Blobs that several manifests of the repository name; undefined where they are too many. */
async function readShared(reading: RetentionReading, repositoryId: number): Promise<Held | undefined> {
  const shared = new Held()
  for await (const rows of reading.sharedIn(repositoryId)) {
    for (const { digest, uses } of rows) shared.learn(digest, uses)
    if (shared.size > MOST_KNOWN) return undefined
  }
  return shared
}

/** The uses as the manifests stand, whatever order they were read in. */
function inOrderOf(manifests: readonly Digest[], uses: readonly BlobUse[]): readonly BlobUse[] {
  const places = new Map(manifests.map((manifest, at) => [manifest, at]))
  const placeOf = ({ manifest }: BlobUse) => places.get(manifest) as number
  return [...uses].sort((one, other) => placeOf(one) - placeOf(other))
}

const NONE: ReadonlySet<Digest> = new Set()

/** Which blobs several repositories have. To ask for each takes time; to know all of them takes room. */
class InSeveral {
  #asked = 0
  #all: DigestTable | 'too many' | undefined

  async of(reading: RetentionReading, blobs: readonly Digest[]): Promise<ReadonlySet<Digest>> {
    this.#asked += blobs.length
    if (this.#asked > MOST_ASKED) this.#all ??= await readInSeveral(reading)
    const all = this.#all
    if (all instanceof DigestTable) return all.size === 0 ? NONE : new Set(blobs.filter(blob => all.find(blob) >= 0))
    const several = new Set<Digest>()
    for (let from = 0; from < blobs.length; from += CHUNK)
      for (const blob of await reading.inSeveral(blobs.slice(from, from + CHUNK))) several.add(blob)
    return several
  }
}

async function readInSeveral(reading: RetentionReading): Promise<DigestTable | 'too many'> {
  const all = new DigestTable()
  for await (const rows of reading.allInSeveral()) {
    for (const { digest } of rows) all.add(digest)
    if (all.size > MOST_KNOWN) return 'too many'
  }
  return all
}

/** Of those that are in one place alone nothing is kept. */
async function learn(
  held: Held,
  blobs: readonly Digest[],
  count: (blobs: readonly Digest[]) => Promise<ReadonlyMap<Digest, number>>,
): Promise<void> {
  const unknown = [...new Set(blobs)]
  for (let from = 0; from < unknown.length; from += CHUNK)
    for (const [blob, places] of await count(unknown.slice(from, from + CHUNK)))
      if (places > 1) held.learn(blob, places)
}
