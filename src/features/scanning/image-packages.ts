import type { Digest, Reference } from '../../oci/index.ts'
import type { HeldPackage, StoredInventory } from '../../stores/metadata/index.ts'
import { conflict, invalid, type Permit, repositoryOf } from '../access/index.ts'
import { oneImageOf, type ScannedImage } from './images-of.ts'
import type { Scans } from './scans.ts'

export interface PackageRequest {
  readonly reference: Reference
  /** Of an index. */
  readonly platform?: string | undefined
  /** Where the page before ended. */
  readonly after?: string | undefined
  readonly limit: number
}

/** A package, and who says so: undefined for what was read from the layers. */
export type ImagePackage = HeldPackage & { readonly saidBy: Digest | undefined }

/**
 * What an image holds: first what was read from its layers, then what only SBOMs of its builder say.
 * @throws NOT_FOUND, INVALID, CONFLICT while it was not read.
 */
export async function listPackages(
  scans: Scans,
  permit: Permit<'pull'>,
  { after, limit, ...wanted }: PackageRequest,
): Promise<{ readonly packages: readonly ImagePackage[]; readonly next: string | undefined }> {
  const { image } = await readImage(scans, permit, wanted)
  const from = positionOf(after)
  const sources = await sourcesOf(scans, image)
  const packages: ImagePackage[] = []
  for (let index = from.source; index < sources.length; index += 1) {
    const source = { digest: sources[index] as Digest, isRead: index === 0 }
    let position = index === from.source ? from.position : -1
    for (;;) {
      const most = limit - packages.length
      const part = await scans.tables.inventories.packagesOf(source.digest, { after: position, limit: most })
      packages.push(...(await newOf(scans, image, source, part)))
      position = part.at(-1)?.position ?? position
      if (packages.length >= limit) return { packages, next: `${index}.${position}` }
      if (part.length < most) break
    }
  }
  return { packages, next: undefined }
}

/** Those that were read, and of what a builder says those that were not. */
async function newOf(
  { tables }: Scans,
  image: ScannedImage,
  { digest, isRead }: { readonly digest: Digest; readonly isRead: boolean },
  part: readonly HeldPackage[],
): Promise<readonly ImagePackage[]> {
  if (isRead) return part.map(each => ({ ...each, saidBy: undefined }))
  const found: ImagePackage[] = []
  for (const each of part)
    if (!(await tables.inventories.holds(image.digest, each.id))) found.push({ ...each, saidBy: digest })
  return found
}

/** @throws NOT_FOUND, INVALID, CONFLICT while it was not read. */
export async function readImage(
  scans: Scans,
  permit: Permit<'pull'>,
  wanted: Pick<PackageRequest, 'reference' | 'platform'>,
): Promise<{ readonly image: ScannedImage; readonly inventory: StoredInventory & { readonly madeAt: number } }> {
  const image = await oneImageOf(scans, repositoryOf(permit), wanted)
  const inventory = await scans.tables.inventories.find(image.digest)
  if (inventory?.madeAt !== undefined) return { image, inventory: { ...inventory, madeAt: inventory.madeAt } }
  const because = inventory?.reason ?? 'It is in line: ask again in a moment.'
  throw conflict(`What ${image.repository}@${image.digest} holds is not known. ${because}`)
}

/** Its own inventory, then those of the SBOMs of builders. */
export async function sourcesOf(
  { tables }: Pick<Scans, 'tables'>,
  { repository, digest }: ScannedImage,
): Promise<readonly Digest[]> {
  return [digest, ...(await tables.inventories.saidOf(repository, digest))]
}

function positionOf(after: string | undefined): { readonly source: number; readonly position: number } {
  if (after === undefined) return { source: 0, position: -1 }
  const [, source, position] = /^(\d{1,3})\.(\d{1,9})$/.exec(after) ?? []
  if (source === undefined) throw invalid({ field: 'after', message: 'is not where a page of this list ended' })
  return { source: Number(source), position: Number(position) }
}
