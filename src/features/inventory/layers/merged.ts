import type { Digest } from '../../../oci/index.ts'
import {
  copyrightPathOf,
  inDistribution,
  type OsRelease,
  RELEASE_PATHS,
  type SystemPackage,
} from '../distributions/index.ts'
import { withoutInstalledLocks } from '../languages/index.ts'
import type { FoundPackage, Inventory, PlacedPackage } from '../package.ts'
import type { FileTree } from './file-tree.ts'
import type { FoundFile } from './found-file.ts'
import { isSystemPath } from './readers.ts'

type Problem = (path: string, reason: string) => void

const LONGEST = { ecosystem: 128, name: 512, version: 256, purl: 2048, path: 4096, licence: 256 } as const
const MOST_LICENCES = 32

/** What an image holds once all its layers lie on top of each other. */
export function merged(
  tree: FileTree<FoundFile>,
  digests: readonly Digest[],
  problem: Problem,
): Pick<Inventory, 'distribution' | 'packages'> {
  const release = releaseOf(tree)
  const packages: PlacedPackage[] = []
  for (const { found, layer } of tree.files()) {
    const digest = digests[layer]
    if (digest === undefined) continue
    for (const { within, ...each } of packagesOf(tree, found, release, problem)) {
      const path = within === undefined ? found.path : `${found.path}!/${within}`
      const placed = { ...each, licences: cut(each.licences), path, layer: digest }
      if (isSane(placed)) packages.push(placed)
      else problem(found.path, 'it names a package whose name or version is too long to be one')
    }
  }
  const distribution = release && { id: release.id, version: release.version, name: release.name }
  return { distribution, packages: [...withoutInstalledLocks(packages)].sort(inOrder) }
}

function releaseOf(tree: FileTree<FoundFile>): OsRelease | undefined {
  for (const path of RELEASE_PATHS) {
    const release = tree.find(tree.resolve(path))?.found.contents.release
    if (release !== undefined) return release
  }
  return undefined
}

function packagesOf(
  tree: FileTree<FoundFile>,
  { path, contents }: FoundFile,
  release: OsRelease | undefined,
  problem: Problem,
) {
  const found: FoundPackage[] = [...contents.packages]
  if (contents.system.length === 0 || !isSystemPath(path)) return found
  for (const each of contents.system) {
    try {
      found.push(inDistribution({ ...each, licences: licencesOf(tree, each) }, release))
    } catch (error) {
      problem(path, (error as Error).message)
    }
  }
  return found
}

/** Debian says them in a file of each package; others where they say the rest. */
function licencesOf(tree: FileTree<FoundFile>, { type, name, licences }: SystemPackage): readonly string[] {
  if (type !== 'deb') return licences
  return tree.find(tree.resolve(copyrightPathOf(name)))?.found.contents.licences ?? licences
}

function cut(licences: readonly string[]): readonly string[] {
  return licences.slice(0, MOST_LICENCES).map(licence => licence.slice(0, LONGEST.licence))
}

function isSane({ ecosystem, name, version, source, purl, path }: PlacedPackage): boolean {
  return (
    ecosystem.length <= LONGEST.ecosystem &&
    name.length <= LONGEST.name &&
    version.length <= LONGEST.version &&
    (source?.name.length ?? 0) <= LONGEST.name &&
    (source?.version.length ?? 0) <= LONGEST.version &&
    purl.length <= LONGEST.purl &&
    path.length <= LONGEST.path
  )
}

function inOrder(one: PlacedPackage, other: PlacedPackage): number {
  return compare(one.path, other.path) || compare(one.name, other.name) || compare(one.version, other.version)
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
