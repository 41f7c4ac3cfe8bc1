import type { Digest } from '../../oci/index.ts'

/** A package as one file of an image tells of it. */
export interface FoundPackage {
  /** OSV's name, with the release where OSV has one: `Debian:12`, `Alpine:v3.19`, `npm`, `PyPI`, `Go`, `Maven`… */
  readonly ecosystem: string
  /** As advisories of the ecosystem write it. */
  readonly name: string
  readonly version: string
  /** What it was built from, where advisories speak of that: a Debian or Alpine source package, a source rpm. */
  readonly source?: { readonly name: string; readonly version: string } | undefined
  /** package-url, with the distribution as a qualifier. */
  readonly purl: string
  /** SPDX identifiers or expressions, or what the package says where it uses none. */
  readonly licences: readonly string[]
  /** Where in the file, when it is an archive: `WEB-INF/lib/a.jar`, and `!/` between archives in archives. */
  readonly within?: string | undefined
  /** Named by a lock file only, which does not show that it is installed. */
  readonly isDeclared?: true
}

/** A package, and where it is. */
export interface PlacedPackage extends FoundPackage {
  /** Of the layer whose file is the one that counts. */
  readonly layer: Digest
  /** From the root of the image, without the first slash; `!/` leads into an archive. */
  readonly path: string
}

/** What os-release says; all of it may be missing. */
export interface Distribution {
  /** `debian`, `alpine`, `rhel`… */
  readonly id: string
  /** `12`, `3.19.1`, `9.3`; empty for those that have none. */
  readonly version: string
  readonly name?: string | undefined
}

/** What an image holds. */
export interface Inventory {
  readonly distribution: Distribution | undefined
  readonly packages: readonly PlacedPackage[]
  /** What could not be read, and why: a person is told, since what it held is missing here. */
  readonly problems: readonly { readonly path: string; readonly reason: string }[]
}
