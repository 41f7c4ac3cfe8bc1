import { createHash } from 'node:crypto'
import { SealBroken } from '../../platform/secrets/index.ts'
import type { FindingFilter, FindingInImage, FindingKey } from '../../stores/metadata/index.ts'
import { invalid, type Permit, sightOf } from '../access/index.ts'
import type { Scans } from './scans.ts'

const PART = 200
const MOST_LOOKED_AT = 20_000
const SEALED_FOR = 'place in a list of findings'

/**
 * Findings in all images that the caller may pull. The page may be short and not the last. Whether one follows is told by
 * what the caller may see, as far as that is looked for. @throws INVALID.
 */
export async function listFindings(
  scans: Scans,
  permit: Permit<'catalog'>,
  { after, limit, ...filter }: FindingFilter & { readonly after?: string | undefined; readonly limit: number },
): Promise<{ readonly findings: readonly FindingInImage[]; readonly next: string | undefined }> {
  const maySee = sightOf(scans, permit)
  let place = keyOf(scans, filter, after)
  if (filter.repository !== undefined && !(await maySee(filter.repository))) return { findings: [], next: undefined }
  const found: { readonly finding: FindingInImage; readonly key: FindingKey }[] = []
  const shown = () => found.slice(0, limit).map(({ finding }) => finding)
  for (let lookedAt = 0; lookedAt < MOST_LOOKED_AT; lookedAt += PART) {
    const { findings, keys, next } = await scans.findings.list(filter, { after: place, limit: PART })
    for (const [at, finding] of findings.entries())
      if (await maySee(finding.repository)) found.push({ finding, key: keys[at] as FindingKey })
    if (found.length > limit) break
    if (!next) return { findings: shown(), next: undefined }
    place = next
  }
  const last = found.length >= limit ? found[limit - 1]?.key : place
  return { findings: shown(), next: last && textOf(scans, filter, last) }
}

/** Of an image that the caller may not see, perhaps: nobody reads it, and it is a place in this list and no other. */
function textOf({ sealer }: Scans, filter: FindingFilter, key: FindingKey): string {
  const { vulnerability, packageId, inventory, position, manifest } = key
  const text = [packageId, inventory, position, manifest, hashOf(filter), vulnerability].join('.')
  // Without a key nobody is asked who they are, so that nothing is kept from anybody.
  return sealer?.seal(SEALED_FOR, text) ?? text
}

function keyOf({ sealer }: Scans, filter: FindingFilter, after: string | undefined): FindingKey | undefined {
  if (after === undefined) return undefined
  const [, packageId, inventory, position, manifest, hash, vulnerability] =
    /^(\d{1,15})\.(\d{1,15})\.(\d{1,9})\.(\d{1,15})\.([0-9a-f]{16})\.(.{1,200})$/.exec(opened(sealer, after)) ?? []
  if (vulnerability === undefined || hash !== hashOf(filter))
    throw invalid({ field: 'after', message: 'is not where a page of this list ended' })
  return {
    packageId: Number(packageId),
    inventory: Number(inventory),
    position: Number(position),
    manifest: Number(manifest),
    vulnerability,
  }
}

function opened(sealer: Scans['sealer'], text: string): string {
  try {
    return sealer?.open(SEALED_FOR, text) ?? text
  } catch (error) {
    if (error instanceof SealBroken) return ''
    throw error
  }
}

function hashOf(filter: FindingFilter): string {
  const { project, repository, digest, vulnerability, severities, packages, isFixable, isExploited } = filter
  const asked = [project, repository, digest, vulnerability, severities, packages, isFixable, isExploited]
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 16)
}
