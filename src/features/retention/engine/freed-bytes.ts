import type { Digest } from '../../../oci/index.ts'
import type { BlobUse, RetentionReading } from '../../../stores/metadata/index.ts'
import { DigestTable } from './digest-table.ts'
import { floats, Growing } from './growing.ts'

/** What a statement may bind on either engine, with room to spare. */
const CHUNK = 400

/** Blobs that are in several places, and in how many of those they are still held. */
class Held {
  readonly #blobs = new DigestTable()
  readonly #places = new Growing(floats)

  has(blob: Digest): boolean {
    return this.#blobs.find(blob) >= 0
  }

  learn(blob: Digest, places: number): void {
    this.#blobs.add(blob)
    this.#places.push(places)
  }

  /** One place fewer; true for the last. */
  release(blob: Digest): boolean {
    const at = this.#blobs.find(blob)
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
  #here = new Held()

  /** What was learnt of the repository before is forgotten. */
  beginRepository(): void {
    this.#here = new Held()
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
      const uses = Map.groupBy(await reading.blobUses(repositoryId, chunk), ({ manifest }) => manifest)
      const ordered = chunk.flatMap(manifest => uses.get(manifest) ?? [])
      const last = await this.#lastInRepository(reading, repositoryId, ordered)
      for (const { manifest, sizeBytes } of await this.#lastOfAll(reading, last))
        freed.set(manifest, (freed.get(manifest) ?? 0) + sizeBytes)
    }
    return freed
  }

  async #lastInRepository(reading: RetentionReading, repositoryId: number, uses: readonly BlobUse[]) {
    const unknown = uses.filter(({ isOwn, blob }) => !isOwn && !this.#here.has(blob)).map(({ blob }) => blob)
    await learn(this.#here, unknown, blobs => reading.usesIn(repositoryId, blobs))
    return uses.filter(({ isOwn, blob }) => isOwn || this.#here.release(blob))
  }

  async #lastOfAll(reading: RetentionReading, uses: readonly BlobUse[]) {
    const unknown = uses
      .filter(({ isOnlyHere, blob }) => !isOnlyHere && !this.#acrossRepositories.has(blob))
      .map(({ blob }) => blob)
    await learn(this.#acrossRepositories, unknown, blobs => reading.holdersOf(blobs))
    return uses.filter(({ isOnlyHere, blob }) => isOnlyHere || this.#acrossRepositories.release(blob))
  }
}

async function learn(
  held: Held,
  blobs: readonly Digest[],
  count: (blobs: readonly Digest[]) => Promise<ReadonlyMap<Digest, number>>,
): Promise<void> {
  const unknown = [...new Set(blobs)]
  for (let from = 0; from < unknown.length; from += CHUNK) {
    const chunk = unknown.slice(from, from + CHUNK)
    const counted = await count(chunk)
    for (const blob of chunk) held.learn(blob, counted.get(blob) ?? 0)
  }
}
