import type { PlacedPackage } from './scanning.ts'

/** Of one name in one image; a hundred is much. */
export const MOST_ALIKE = 500

/**
 * Without what there is too much of under one name: each version of a package has the vulnerabilities of its name, so that a
 * list of a hundred thousand kernels would be some hundred million findings.
 * @returns the names of which there are more, too.
 */
export function withoutMultitudes(packages: readonly PlacedPackage[]): {
  readonly packages: readonly PlacedPackage[]
  readonly multitudes: readonly string[]
} {
  const alike = new Map<string, Set<string>>()
  const multitudes = new Set<string>()
  const kept = packages.filter(({ ecosystem, name, version, purl, source }) => {
    const identity = JSON.stringify([name, version, purl, source?.name, source?.version])
    const names = [...new Set([name, source?.name ?? name])]
    const groups = names.map(each => groupOf(alike, `${ecosystem} ${each}`))
    const full = groups.findIndex(group => group.size >= MOST_ALIKE && !group.has(identity))
    if (full >= 0) {
      multitudes.add(names[full] as string)
      return false
    }
    for (const group of groups) group.add(identity)
    return true
  })
  return { packages: kept, multitudes: [...multitudes] }
}

function groupOf(groups: Map<string, Set<string>>, key: string): Set<string> {
  const known = groups.get(key)
  if (known) return known
  const made = new Set<string>()
  groups.set(key, made)
  return made
}
