import type { FindingFilter, FindingInImage, FindingKey } from '../../stores/metadata/index.ts'
import { invalid, type Permit, sightOf } from '../access/index.ts'
import type { Scans } from './scans.ts'

const PART = 200
const MOST_LOOKED_AT = 20_000

/** Findings in all images that the caller may pull. The page may be short and not the last. @throws INVALID. */
export async function listFindings(
  scans: Scans,
  permit: Permit<'catalog'>,
  { after, limit, ...filter }: FindingFilter & { readonly after?: string | undefined; readonly limit: number },
): Promise<{ readonly findings: readonly FindingInImage[]; readonly next: string | undefined }> {
  const maySee = sightOf(scans, permit)
  const found: FindingInImage[] = []
  let place = keyOf(after)
  for (let lookedAt = 0; lookedAt < MOST_LOOKED_AT; lookedAt += PART) {
    const size = Math.min(PART, limit - found.length)
    const { findings, next } = await scans.findings.list(filter, { after: place, limit: size })
    for (const finding of findings) if (await maySee(finding.repository)) found.push(finding)
    if (!next) return { findings: found, next: undefined }
    place = next
    if (found.length === limit) break
  }
  return { findings: found, next: place && textOf(place) }
}

/** The id of a vulnerability is no secret; the rest are numbers of rows, that say nothing. */
function textOf({ vulnerability, packageId, inventory, position, manifest }: FindingKey): string {
  return [packageId, inventory, position, manifest, vulnerability].join('.')
}

function keyOf(after: string | undefined): FindingKey | undefined {
  if (after === undefined) return undefined
  const [, packageId, inventory, position, manifest, vulnerability] =
    /^(\d{1,15})\.(\d{1,15})\.(\d{1,9})\.(\d{1,15})\.(.{1,200})$/.exec(after) ?? []
  if (vulnerability === undefined) throw invalid({ field: 'after', message: 'is not where a page of this list ended' })
  return {
    packageId: Number(packageId),
    inventory: Number(inventory),
    position: Number(position),
    manifest: Number(manifest),
    vulnerability,
  }
}
