import type { Digest, Reference, RepositoryName } from '../../oci/index.ts'
import type { FindingInImage, StoredInventory } from '../../stores/metadata/index.ts'
import { conflict, done, type Permit, repositoryOf } from '../access/index.ts'
import { imagesOf, type ScannedImage } from './images-of.ts'
import type { Scans } from './scans.ts'

/** How far it is known what an image holds. */
export interface ShownScan extends ScannedImage {
  /** Undefined: nobody looked at it yet. */
  readonly inventory: StoredInventory | undefined
  /** Ecosystems of which no advisory here speaks: what is wrong with so many of its packages is not known. */
  readonly withoutAdvisories: readonly { readonly ecosystem: string; readonly packages: number }[]
  /** SBOMs of builders that are about it. */
  readonly said: readonly { readonly digest: Digest; readonly madeBy: string | undefined; readonly packages: number }[]
}

/** Of the image, or of each image of an index. @throws NOT_FOUND. */
export async function showScan(
  scans: Scans,
  permit: Permit<'pull'>,
  reference: Reference,
): Promise<readonly ShownScan[]> {
  const images = await imagesOf(scans, repositoryOf(permit), reference)
  return Promise.all(images.map(image => show(scans, image)))
}

async function show({ tables: { inventories }, findings }: Scans, image: ScannedImage): Promise<ShownScan> {
  const said: ShownScan['said'][number][] = []
  for (const digest of await inventories.saidOf(image.repository, image.digest)) {
    const found = await inventories.find(digest)
    if (found) said.push({ digest, madeBy: found.madeBy, packages: found.packages })
  }
  const withoutAdvisories = await findings.unadvised(image.digest)
  return { ...image, inventory: await inventories.find(image.digest), withoutAdvisories, said }
}

/** Puts the image, or those of the index, first in line. @throws NOT_FOUND, CONFLICT when nothing is scanned here. */
export async function askForScan(
  scans: Scans,
  permit: Permit<'scan'>,
  reference: Reference,
): Promise<readonly ScannedImage[]> {
  if (!scans.isEnabled) throw conflict('Images are not scanned here: the setting scanning.enabled is false.')
  const images = await imagesOf(scans, repositoryOf(permit), reference)
  for (const { repository, digest } of images)
    await scans.tables.queue.ask(repository, digest, isThere =>
      isThere
        ? [
            {
              ...done(permit, { type: 'scan.ask', at: scans.clock(), kind: 'image', id: digest }),
              category: 'data write',
            },
          ]
        : [],
    )
  return images
}

/** The findings of an image, or of all images of an index; the worst first. @throws NOT_FOUND. */
export async function findingsOf(
  scans: Scans,
  permit: Permit<'pull'>,
  reference: Reference,
): Promise<readonly FindingInImage[]> {
  const repository = repositoryOf(permit)
  const found: FindingInImage[] = []
  for (const { digest } of await imagesOf(scans, repository, reference)) {
    found.push(...withoutRepetition(repository, digest, await scans.findings.of(repository, digest)))
  }
  return found
}

/** What a builder says of a package that was found as well is no second finding. */
function withoutRepetition(
  repository: RepositoryName,
  digest: Digest,
  findings: readonly Omit<FindingInImage, 'repository' | 'digest'>[],
): readonly FindingInImage[] {
  const read = new Set(findings.filter(({ layer }) => layer).map(keyOf))
  return findings
    .filter(finding => finding.layer !== undefined || !read.has(keyOf(finding)))
    .map(finding => ({ ...finding, repository, digest }))
}

function keyOf({ vulnerability, purl }: Pick<FindingInImage, 'vulnerability' | 'purl'>): string {
  return `${vulnerability} ${purl}`
}
