import type { Digest } from '../../../oci/index.ts'
import type { HeldPackage } from '../../../stores/metadata/index.ts'
import type { Permit } from '../../access/index.ts'
import { type PackageRequest, readImage, sourcesOf } from '../image-packages.ts'
import type { ScannedImage } from '../images-of.ts'
import type { Scans } from '../scans.ts'
import { cyclonedxOf } from './cyclonedx.ts'
import type { SbomContent, SbomPackage } from './sbom-content.ts'
import { spdxOf } from './spdx.ts'

export const SBOM_FORMATS = ['cyclonedx', 'spdx'] as const
export type SbomFormat = (typeof SBOM_FORMATS)[number]

export const SBOM_MEDIA_TYPES: Readonly<Record<SbomFormat, string>> = {
  cyclonedx: 'application/vnd.cyclonedx+json',
  spdx: 'application/spdx+json',
}

export interface Sbom {
  readonly image: ScannedImage
  readonly mediaType: string
  readonly text: string
}

const PART = 2000

/** The SBOM of an image. @throws NOT_FOUND, INVALID, CONFLICT while it was not read. */
export async function makeSbom(
  scans: Scans,
  permit: Permit<'pull'>,
  { format, ...wanted }: Pick<PackageRequest, 'reference' | 'platform'> & { readonly format: SbomFormat },
): Promise<Sbom> {
  const { image, inventory } = await readImage(scans, permit, wanted)
  const { distribution, madeAt, problems } = inventory
  const packages = await packagesOf(scans, await sourcesOf(scans, image))
  return writeSbom(format, { ...image, distribution, madeAt, problems, packages, version: scans.version })
}

export async function writeSbom(format: SbomFormat, content: SbomContent): Promise<Sbom> {
  const text = format === 'spdx' ? spdxOf(content) : await cyclonedxOf(content)
  return { image: content, mediaType: SBOM_MEDIA_TYPES[format], text }
}

/** Each package once, with all its places. @param sources the image, then what speaks of it. */
export async function packagesOf(
  scans: Pick<Scans, 'tables'>,
  sources: readonly Digest[],
): Promise<readonly SbomPackage[]> {
  const found = new Map<number, SbomPackage & { readonly places: SbomPackage['places'][number][] }>()
  for (const [index, digest] of sources.entries()) {
    const saidBy = index === 0 ? undefined : digest
    for await (const { id, position: _, layer, path, ...each } of heldBy(scans, digest)) {
      const known = found.get(id)
      if (!known) found.set(id, { ...each, saidBy, places: [{ layer, path }] })
      else if (known.saidBy === saidBy) known.places.push({ layer, path })
    }
  }
  return [...found.values()]
}

async function* heldBy(
  { tables: { inventories } }: Pick<Scans, 'tables'>,
  digest: Digest,
): AsyncGenerator<HeldPackage> {
  for (let after = -1; ; ) {
    const part = await inventories.packagesOf(digest, { after, limit: PART })
    yield* part
    const last = part.at(-1)
    if (!last || part.length < PART) return
    after = last.position
  }
}
