import type { OsRelease, SystemPackage } from '../distributions/index.ts'
import type { FoundPackage } from '../package.ts'

/** What a file told, whatever its name: names that are links to the same file share it. */
export interface Contents {
  release?: OsRelease | undefined
  /** Of a Debian package's file of licences. */
  licences?: readonly string[]
  system: readonly SystemPackage[]
  packages: readonly FoundPackage[]
}

/** A file of the image that was read, under one of its names. */
export interface FoundFile {
  readonly path: string
  contents: Contents
}
