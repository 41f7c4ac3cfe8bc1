import type { FoundPackage, PlacedPackage } from '../package.ts'

/** Folders of what is installed or fetched: a lock in there tells how its author worked, not what is here. */
const INSTALLED = /(?:^|\/)(?:node_modules|site-packages|dist-packages|vendor|gems|\.cargo|\.npm|\.yarn|go\/pkg\/mod)\//

/** Whether a lock file at this path belongs to a project of the image, and not to a package that is installed in it. */
export const isOfProject = (path: string): boolean => !INSTALLED.test(path)

/** Marks packages as named by a lock file. */
export const declared = (packages: readonly FoundPackage[]): readonly FoundPackage[] =>
  packages.map(one => ({ ...one, isDeclared: true }))

/**
 * Leaves out what lock files say where the image shows it better. A lock counts when nothing of what it names is
 * installed anywhere in the image: the application was bundled or compiled, and the lock is all there is to go by.
 * Otherwise what is installed is the truth, and the rest of the lock are packages that were left out on purpose.
 */
export function withoutInstalledLocks<Placed extends Pick<PlacedPackage, 'ecosystem' | 'name' | 'path' | 'isDeclared'>>(
  packages: readonly Placed[],
): readonly Placed[] {
  const installed = new Set(packages.filter(one => !one.isDeclared).map(keyOf))
  const shown = new Set(packages.filter(one => one.isDeclared && installed.has(keyOf(one))).map(one => one.path))
  return packages.filter(one => !one.isDeclared || !shown.has(one.path))
}

const keyOf = ({ ecosystem, name }: { ecosystem: string; name: string }): string => `${ecosystem} ${name}`
