import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Digest, RepositoryName } from '../../oci/index.ts'
import { pypiName } from '../../platform/package-names/index.ts'
import type { Holder, PackageVersion } from '../../stores/metadata/index.ts'
import { invalid, type Permit, sightOf } from '../access/index.ts'
import type { Scans } from './scans.ts'
import { isWithin, parseVersionRange } from './version-range.ts'

export interface PackageSearchRequest {
  readonly name: string
  /** With or without a release. */
  readonly ecosystem?: string | undefined
  /** `<2.17`, `>=1.0,<2.17`, `1.2.3`. */
  readonly version?: string | undefined
  readonly after?: string | undefined
  readonly limit: number
}

export interface FoundHolder {
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly packages: readonly Omit<PackageVersion, 'id'>[]
}

/** Of one name. More of them have been seen nowhere. */
const MOST_VERSIONS = 10_000
const PART = 200
const COMPARED_AT_ONCE = 50
const MOST_LOOKED_AT = 20_000

/**
 * Images that hold a package, in repositories that the caller may pull from. The page may be short and not the last.
 * @throws INVALID.
 */
export async function searchPackages(
  scans: Scans,
  permit: Permit<'catalog'>,
  { name, ecosystem, version, after, limit }: PackageSearchRequest,
): Promise<{ readonly holders: readonly FoundHolder[]; readonly next: string | undefined }> {
  const bounds = parseVersionRange(version)
  const { search } = scans.tables
  const byId = new Map<number, Omit<PackageVersion, 'id'>>()
  for (const [at, { id, ...each }] of (await search.versions(namesOf(name), ecosystem, MOST_VERSIONS)).entries()) {
    if (isWithin(each.version, bounds, (a, b) => scans.compareVersions(each.ecosystem, a, b))) byId.set(id, each)
    // Versions may be made to take long, and others want to be answered.
    if (at % COMPARED_AT_ONCE === 0) await nextTurn()
  }
  if (byId.size === 0) return { holders: [], next: undefined }
  const maySee = sightOf(scans, permit)
  const found: FoundHolder[] = []
  let place = placeOf(after)
  for (let lookedAt = 0; lookedAt < MOST_LOOKED_AT; lookedAt += PART) {
    const part = await search.holders([...byId.keys()], { after: place, limit: PART })
    for (const holder of part) {
      place = holder
      if (!(await maySee(holder.repository))) continue
      const packages = holder.packageIds.map(id => byId.get(id)).filter(each => each !== undefined)
      found.push({ repository: holder.repository, digest: holder.digest, packages })
      if (found.length === limit) return { holders: found, next: textOf(holder) }
    }
    if (part.length < PART) return { holders: found, next: undefined }
  }
  return { holders: found, next: place && textOf(place) }
}

/** As it was written, and as ecosystems that know no case have it: PyPI by PEP 503. */
export function namesOf(written: string): readonly string[] {
  return [...new Set([written, written.toLowerCase(), pypiName(written)])]
}

type Place = Pick<Holder, 'inventoryId' | 'manifestId'>

function textOf({ inventoryId, manifestId }: Place): string {
  return `${inventoryId}.${manifestId}`
}

function placeOf(after: string | undefined): Place | undefined {
  if (after === undefined) return undefined
  const [, inventoryId, manifestId] = /^(\d{1,15})\.(\d{1,15})$/.exec(after) ?? []
  if (inventoryId === undefined) throw invalid({ field: 'after', message: 'is not where a page of this search ended' })
  return { inventoryId: Number(inventoryId), manifestId: Number(manifestId) }
}
