import type { Digest } from '../../oci/index.ts'
import type { AuditEntry, DueImage, Kept } from '../../stores/metadata/index.ts'
import { keepable } from './keepable.ts'
import type { FoundInventory, Scanning } from './scanning.ts'

/** Packages that went between two transactions are made again, and such are few. */
const MOST_TRIES = 5

interface Made {
  readonly found: FoundInventory
  readonly layers: readonly Digest[]
  readonly madeBy?: string
  readonly about?: Digest
}

/**
 * Keeps what was found in an image. Its packages are compared with the advisories before it counts as read, so that
 * nobody takes it for free of findings that are not looked for yet.
 */
export async function keepInventory(
  { tables, matchNew, clock }: Pick<Scanning, 'tables' | 'matchNew' | 'clock'>,
  { id, dueAt }: Pick<DueImage, 'id' | 'dueAt'>,
  { found, layers, madeBy, about }: Made,
  entries: (counts: { packages: number; problems: number }) => readonly AuditEntry[],
): Promise<Kept> {
  const { packages, problems, distribution } = keepable(found)
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const known = await tables.packages.ensure(packages)
    const unmatched = [...new Set(known.filter(({ isMatched }) => !isMatched).map(each => each.id))]
    if (unmatched.length > 0) {
      await matchNew(unmatched)
      await tables.packages.markMatched(unmatched, clock())
    }
    const placements = packages.map(({ layer, path }, index) => ({
      packageId: known[index]?.id as number,
      layer: layer === undefined ? undefined : layerAt(layers, layer),
      path,
    }))
    const counts = { packages: packages.length, problems: problems.length }
    const kept = await tables.inventories.keep(
      { id, dueAt, distribution, layers, problems, placements, madeBy, about, now: clock() },
      outcome => (outcome === 'kept' || outcome === 'same' ? entries(counts) : []),
    )
    if (kept !== 'packages gone') return kept
  }
  throw new Error('Packages of it went each time before it was kept.')
}

function layerAt(layers: readonly Digest[], layer: Digest): number | undefined {
  const index = layers.lastIndexOf(layer)
  return index === -1 ? undefined : index
}
