import type { Conditions } from '../policy.ts'
import { type Entries, YES } from './entries.ts'
import { compareLines, compareVersions, type Version } from './versions.ts'

type Wanted = NonNullable<Conditions['newestMinorLines']>

/**
 * Is a version in one of the newest minor lines, among those tags that are selected? Releases begin lines; a
 * prerelease is in where the release would be that it leads to.
 */
export function newestLines(
  { tagCount, versions }: Entries,
  selection: Uint8Array,
  { count, patches = Number.POSITIVE_INFINITY }: Wanted,
): (entry: number) => boolean {
  const lines = new Map<string, Map<number, Version>>()
  for (let entry = 0; entry < tagCount; entry += 1) {
    const version = selection[entry] === YES ? versions?.of(entry) : undefined
    if (!version || version.prerelease) continue
    const line = lines.get(nameOf(version)) ?? new Map<number, Version>()
    lines.set(nameOf(version), line.set(version.patch, version))
  }
  const sorted = [...lines.values()]
    .map(line => last(patches, [...line.values()].sort(compareVersions)))
    .filter(releases => releases.length > 0)
    .sort(([one], [other]) => compareLines(one as Version, other as Version))
  const newest = last(count, sorted)
  const oldestOf = new Map(newest.map(([oldest]) => [nameOf(oldest as Version), oldest as Version]))
  const oldest = newest[0]?.[0]
  const isOpen = lines.size < count
  return entry => {
    const version = versions?.of(entry)
    if (!version) return false
    const first = oldestOf.get(nameOf(version))
    if (first) return compareVersions({ ...version, prerelease: undefined }, first) >= 0
    return version.prerelease !== undefined && (isOpen || (oldest !== undefined && compareLines(version, oldest) > 0))
  }
}

function last<Item>(count: number, list: readonly Item[]): readonly Item[] {
  return list.slice(Math.max(0, list.length - count))
}

function nameOf({ major, minor }: Version): string {
  return `${major}.${minor}`
}
