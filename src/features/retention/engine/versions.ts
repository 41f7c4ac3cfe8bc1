import { compare, type SemVer } from 'semver'
import { versionOfTag } from '../../protection/index.ts'
import { floats, Growing } from './growing.ts'

/** The semantic versions of tags, by the tag's number: NaN where it is none. */
export class Versions {
  readonly #major = new Growing(floats)
  readonly #minor = new Growing(floats)
  readonly #patch = new Growing(floats)
  /** Few of many tags; a release has none. */
  readonly #prereleases = new Map<number, SemVer>()

  /** The next tag. */
  push(tag: string): void {
    const version = versionOfTag(tag)
    if (version && version.prerelease.length > 0) this.#prereleases.set(this.#major.size, version)
    this.#major.push(version?.major ?? Number.NaN)
    this.#minor.push(version?.minor ?? Number.NaN)
    this.#patch.push(version?.patch ?? Number.NaN)
  }

  of(tag: number): Version | undefined {
    if (tag >= this.#major.size || Number.isNaN(this.#major.at(tag))) return undefined
    const [major, minor, patch] = [this.#major.at(tag), this.#minor.at(tag), this.#patch.at(tag)]
    return { major, minor, patch, prerelease: this.#prereleases.get(tag) }
  }
}

export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** The whole of it; undefined for a release. */
  readonly prerelease: SemVer | undefined
}

/** Negative when `one` is older (semver.org 2.0.0, 11). */
export function compareVersions(one: Version, other: Version): number {
  const byNumber = compareLines(one, other) || one.patch - other.patch
  if (byNumber !== 0 || (!one.prerelease && !other.prerelease)) return byNumber
  if (!one.prerelease) return 1
  if (!other.prerelease) return -1
  return compare(one.prerelease, other.prerelease)
}

export function compareLines(one: Version, other: Version): number {
  return one.major - other.major || one.minor - other.minor
}
